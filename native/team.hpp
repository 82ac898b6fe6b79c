// Threads that work on one thing together: each runs the same text on its own part.
//
// The pool is the engine's own and lives as long as the process; a child after fork() makes a new
// one. What is computed never depends on how many threads there are, so a pool that is busy with
// another caller's work is no reason to wait: that work runs on the caller's thread alone.
#pragma once

#include <functional>

namespace glassnet {

struct Span {
    int first, last;
    int count() const { return last - first; }
};

struct Gate;

// The part of a piece of work that one thread does.
class Part {
public:
    int index = 0, count = 1;

    // Returns when every part has come here; what they wrote before can then be read.
    void wait() const;
    // This part's share of 0..total, in whole grains.
    Span share(int total, int grain = 1) const;

private:
    friend class Team;
    Gate* gate = nullptr;
};

// Runs work(part) for every part, part 0 on the caller's thread; returns when all are done. The
// work must not throw. There may be fewer parts than asked for.
void together(int count, const std::function<void(const Part&)>& work);

}  // namespace glassnet
