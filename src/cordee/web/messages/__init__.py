"""Messages on the screen: threads, one thread, its patient; write, follow, put into the record."""
