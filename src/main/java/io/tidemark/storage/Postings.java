package io.tidemark.storage;

/// Sorted series refs: the first `count` of `refs`, ascending. The array may be longer, is shared, and must not be written to.
public record Postings(int[] refs, int count) {
  public static final Postings NONE = new Postings(new int[0], 0);
}
