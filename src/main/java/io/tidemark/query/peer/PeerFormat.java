package io.tidemark.query.peer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;

/// The internal read protocol, version 1: path, magics, kinds and every limit. The page is docs/formats/peer.md.
///
/// ```
/// request: "TMR" | version | operation | flags | … | crc32c u32
/// answer:  "TMA" | version | frames …
/// frame:   length u32 | crc32c u32 | kind | body
/// ```
public final class PeerFormat {
  static final int VERSION = 1;
  /// Where peers listen for requests of this version.
  public static final String PATH = "/internal/v" + VERSION + "/read";
  public static final String PATH_PREFIX = "/internal/";
  public static final String CONTENT_TYPE = "application/x-tidemark-read";
  /// Names the {@link ErrorCode} of an answer whose status is not 200; its body is the message.
  public static final String ERROR_HEADER = "Tidemark-Error";
  /// The largest request that a server takes.
  public static final int REQUEST_BYTES_MAX = 4 * 1024 * 1024;
  /// A message is cut here.
  static final int MESSAGE_CHARS_MAX = 4_000;

  static final int REQUEST_MAGIC = 'T' | 'M' << 8 | 'R' << 16 | VERSION << 24;
  static final int ANSWER_MAGIC = 'T' | 'M' << 8 | 'A' << 16 | VERSION << 24;
  static final int MAGIC_MASK = 0xffffff;
  static final int MAGIC_BYTES = 4;
  static final int CHECKSUM_BYTES = 4;

  static final int SELECT = 1;
  static final int NAMES = 2;
  static final int VALUES = 3;
  static final int METADATA = 4;
  static final int EVALUATE = 5;
  static final int EXEMPLARS = 6;
  static final int BEHIND_ALLOWED = 1;

  static final int LENGTH_AT = 0;
  static final int CHECKSUM_AT = 4;
  static final int KIND_AT = 8;
  static final int FRAME_HEADER_BYTES = 9;
  /// The largest body of a frame that a reader takes.
  static final int FRAME_BYTES_MAX = 16 * 1024 * 1024;
  /// A writer ends a frame of series or texts past this.
  static final int FRAME_BYTES_FULL = 64 * 1024;

  static final int WORKING = 0;
  static final int BEGIN = 1;
  static final int SERIES = 2;
  static final int TEXTS = 3;
  static final int METRICS = 4;
  static final int ERROR = 5;
  static final int END = 6;
  static final int PART = 7;
  static final int EXEMPLAR_LISTS = 8;

  static final int ORDERED = 1;

  /// Samples in one run of a series; a longer series is several runs.
  static final int RUN_SAMPLES_MAX = 65_536;
  /// A run with histograms also ends before their numbers are more than this, see `SampleColumns.runEnd`.
  static final int RUN_NUMBERS_MAX = 1 << 17;
  /// Strings of one answer that get a number; later ones are written out each time.
  static final int SYMBOLS_MAX = 1 << 20;
  static final int WARNINGS_MAX = 100;

  private PeerFormat() {}

  static TidemarkException otherVersion(String source, int found) {
    return new TidemarkException(ErrorCode.NOT_SUPPORTED, source + ": version " + found + " of the internal read protocol; this release "
        + "speaks version " + VERSION + "; run releases that share one");
  }

  static TidemarkException corrupt(String source, String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": " + what);
  }

  /// What a peer failed with: about the query in the same words as here, about the peer with its name. A code that this release does
  /// not know is `INTERNAL`.
  static TidemarkException failure(String peer, String codeName, String message) {
    ErrorCode code = Arrays.stream(ErrorCode.values()).filter(known -> known.name().equals(codeName)).findFirst()
        .orElse(ErrorCode.INTERNAL);
    return new TidemarkException(code, isOfQuery(code) ? message : "peer " + peer + ": " + message);
  }

  /// Whether another peer would fail the same way.
  public static boolean isOfQuery(ErrorCode code) {
    return switch (code) {
      case BAD_DATA, EXECUTION, TOO_EXPENSIVE, CANCELED -> true;
      case TIMEOUT, NOT_FOUND, CONFLICT, TOO_LARGE, RATE_LIMITED, UNAVAILABLE, DISK_FULL, DISK_FAILED, CORRUPT, NOT_SUPPORTED,
          INTERNAL -> false;
    };
  }

  /// The HTTP status of a request that is refused before its answer begins.
  static int status(ErrorCode code) {
    return switch (code) {
      case BAD_DATA, CORRUPT -> 400;
      case NOT_FOUND -> 404;
      case CONFLICT -> 409;
      case TOO_LARGE -> 413;
      case EXECUTION, TOO_EXPENSIVE -> 422;
      case RATE_LIMITED -> 429;
      case CANCELED -> 499;
      case DISK_FAILED, INTERNAL -> 500;
      case NOT_SUPPORTED -> 501;
      case UNAVAILABLE -> 503;
      case TIMEOUT -> 504;
      case DISK_FULL -> 507;
    };
  }
}
