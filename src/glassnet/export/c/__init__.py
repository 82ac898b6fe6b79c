"""C99 in one file and a header, float32 or int8, that allocates nothing."""
