// The entry point of xend(8).

int main() { return 1; }
