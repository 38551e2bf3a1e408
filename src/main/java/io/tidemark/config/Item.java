package io.tidemark.config;

/// One text of a file with its place, for readers that check it further.
public record Item(String text, int line, int column) {}
