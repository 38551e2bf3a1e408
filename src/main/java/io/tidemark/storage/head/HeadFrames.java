package io.tidemark.storage.head;

import io.tidemark.codec.ByteReader;

/// The kinds of frames of a checkpoint. See docs/formats/checkpoint.md.
public final class HeadFrames {
  /// The version that is written. Version 7 had hashes of series without seeds, and no shard. Version 6 said it without a checksum only,
  /// version 5 had chunks of Gorilla bits, version 4 the labels of each series as texts, version 3 no tombstones, version 2 no histograms,
  /// start times and exemplars, version 1 no newest time, log bytes, births of windows and silence of writers either.
  public static final int VERSION = 8;
  /// A frame ends soon after this many bytes.
  static final int FRAME_BYTES = 1 << 20;

  static final int HEAD = 1;
  /// Until version 4.
  static final int LABELLED_SERIES = 2;
  static final int WRITER = 3;
  static final int METADATA = 4;
  static final int WINDOW = 5;
  static final int PIECES = 6;
  static final int SLOTS = 7;
  static final int END = 8;
  static final int EXTRAS = 9;
  static final int EXEMPLARS = 10;
  static final int TOMBSTONES = 11;
  static final int COUNTS = 12;
  static final int SYMBOLS = 13;
  static final int PAIRS = 14;
  static final int SERIES = 15;

  private static final String[] NAMES = {"", "head", "series", "writer", "metadata", "window", "pieces", "slots", "end", "extras",
      "exemplars", "tombstones", "counts", "symbols", "pairs", "series of pairs"};

  private HeadFrames() {}

  /// Whether a first frame, which is whole, is of a version that says so and is read here.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when it is too short
  public static boolean saysKnownVersion(ByteReader in) {
    if (in.readByte() != HEAD) {
      return false;
    }
    in.readLong();
    in.readVarint();
    in.readLong();
    in.readLong();
    long version = in.readVarint();
    return version > 6 && version <= VERSION;
  }

  /// What the format's page calls a kind of frame.
  public static String name(int kind) {
    return kind > 0 && kind < NAMES.length ? NAMES[kind] : "of unknown kind " + kind;
  }
}
