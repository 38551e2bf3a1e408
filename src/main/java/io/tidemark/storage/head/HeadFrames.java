package io.tidemark.storage.head;

/// The kinds of frames of a checkpoint, version 1. See docs/formats/checkpoint.md.
final class HeadFrames {
  /// A frame ends soon after this many bytes.
  static final int FRAME_BYTES = 1 << 20;

  static final int HEAD = 1;
  static final int SERIES = 2;
  static final int WRITER = 3;
  static final int METADATA = 4;
  static final int WINDOW = 5;
  static final int PIECES = 6;
  static final int SLOTS = 7;
  static final int END = 8;

  private HeadFrames() {}
}
