package io.tidemark.rules;

/// The text of one rule file.
///
/// @param name what stands before its problems
public record RuleFile(String name, String text) {}
