package io.tidemark.api;

/// The body of an answer that is made piece by piece, so that a large one is never held as a whole.
///
/// Asked by one thread at a time, on workers; not asked again before the client has taken the piece before the last.
public interface Body extends AutoCloseable {
  /// A piece ends at the first good place after this many bytes.
  int PIECE_BYTES = 256 * 1024;

  /// Adds the next piece, at least a byte, to `out`; answers whether more follows. What it throws before the first piece is sent becomes
  /// the answer; afterwards the connection is cut, so that the client sees that something is missing.
  boolean next(Piece out);

  /// Gives back what the body reads from; called once, also when it was not read to its end.
  @Override
  default void close() {}

  /// A short body that is there already.
  static Body of(Piece whole) {
    return out -> {
      out.add(whole.array(), 0, whole.count());
      return false;
    };
  }
}
