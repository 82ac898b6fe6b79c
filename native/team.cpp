// The pool of threads.
#include "team.hpp"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace glassnet {

// Waiting costs least when it is short, so a thread looks for a while before it sleeps: parts of a
// step end within some ten microseconds of each other.
constexpr int looks = 4000;

static void breathe() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

static void wait_for_change(const std::atomic<unsigned>& number, unsigned old) {
    for (int i = 0; i < looks; i++) {
        if (number.load(std::memory_order_acquire) != old) return;
        breathe();
    }
    while (number.load(std::memory_order_acquire) == old) number.wait(old, std::memory_order_acquire);
}

// Every part counts itself in; the last one opens the gate for all.
struct Gate {
    alignas(64) std::atomic<int> arrived{0};
    alignas(64) std::atomic<unsigned> opened{0};
};

void Part::wait() const {
    if (count == 1) return;
    const unsigned before = gate->opened.load(std::memory_order_relaxed);
    if (gate->arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
        gate->arrived.store(0, std::memory_order_relaxed);
        gate->opened.store(before + 1, std::memory_order_release);
        gate->opened.notify_all();
    } else {
        wait_for_change(gate->opened, before);
    }
}

Span Part::share(int total, int grain) const {
    const long grains = (total + grain - 1) / grain;
    const auto edge = [&](long i) {
        const long at = grains * i / count * grain;
        return at < total ? int(at) : total;
    };
    return {edge(index), edge(index + 1)};
}

class Team {
public:
    void run(int count, const std::function<void(const Part&)>& work) {
        const std::unique_lock<std::mutex> mine(busy, std::try_to_lock);
        if (!mine.owns_lock()) return work(Part());
        count = recruit(count);
        Part part;
        part.count = count;
        part.gate = &gate;
        for (int i = 1; i < count; i++) {
            part.index = i;
            members[i - 1]->call(part, work);
        }
        part.index = 0;
        work(part);
        for (int i = 1; i < count; i++) members[i - 1]->join();
    }

private:
    struct Member {
        alignas(64) std::atomic<unsigned> called{0};
        alignas(64) std::atomic<unsigned> answered{0};
        Part part;
        const std::function<void(const Part&)>* work = nullptr;

        void call(const Part& p, const std::function<void(const Part&)>& w) {
            part = p, work = &w;
            called.store(called.load(std::memory_order_relaxed) + 1, std::memory_order_release);
            called.notify_one();
        }
        void join() { wait_for_change(answered, called.load(std::memory_order_relaxed) - 1); }
        void live() {
            for (unsigned seen = 0;; seen++) {
                wait_for_change(called, seen);
                (*work)(part);
                answered.store(seen + 1, std::memory_order_release);
                answered.notify_one();
            }
        }
    };

    // Makes threads until there are enough, or until the system has no more; returns how many parts.
    int recruit(int count) {
        try {
            while (int(members.size()) < count - 1) {
                auto made = std::make_unique<Member>();
                Member* member = made.get();
                members.push_back(std::move(made));
                try {
                    std::thread([member] { member->live(); }).detach();
                } catch (...) {
                    members.pop_back();
                    throw;
                }
            }
        } catch (const std::system_error&) {
            return int(members.size()) + 1;
        }
        return count;
    }

    std::mutex busy;
    Gate gate;
    std::vector<std::unique_ptr<Member>> members;
};

// Never destroyed: its threads may outlive main(). A child after fork() has none of the threads, and
// starts with a new team; the old one's memory is left.
static std::atomic<Team*> team{nullptr};

static Team& the_team() {
    static std::once_flag once;
    std::call_once(once, [] {
        pthread_atfork(nullptr, nullptr, [] { team.store(new Team); });
        team.store(new Team);
    });
    return *team.load();
}

void together(int count, const std::function<void(const Part&)>& work) {
    if (count > 1) the_team().run(count, work);
    else work(Part());
}

}  // namespace glassnet
