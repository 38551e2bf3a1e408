package io.tidemark.api.remoteread;

import io.tidemark.codec.ByteReader;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.xerial.snappy.Snappy;

/// What a client asks for.
///
/// Source: `prompb/remote.proto` of Prometheus, message `ReadRequest`. Hints (step, function, grouping) are passed over: they let a store
/// answer less than was asked for, and here reading all of it is cheap.
///
/// @param types in the client's order; unknown ones are kept as their numbers
record ReadRequest(List<Query> queries, List<Integer> types) {
  static final int SAMPLES = 0;
  static final int STREAMED_XOR_CHUNKS = 1;
  private static final int INFLATED_BYTES_MAX = 4 * 1024 * 1024;
  /// Of one request; clients send one.
  private static final int QUERIES_MAX = 100;
  private static final int MATCHERS_MAX = 1_000;
  private static final int TYPES_MAX = 100;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  ReadRequest {
    queries = List.copyOf(queries);
    types = List.copyOf(types);
  }

  /// @param range what is asked for, both ends of the request included
  record Query(TimeRange range, List<Matcher> matchers) {
    Query {
      matchers = List.copyOf(matchers);
    }
  }

  /// Reads a body: one snappy block with the message. Throws `BAD_DATA`, or `TOO_LARGE` before memory is taken for it.
  static ReadRequest read(byte[] body) {
    byte[] message = inflated(body);
    try {
      return message(new ByteReader("remote read request", message));
    } catch (TidemarkException e) {
      throw new TidemarkException(e.code() == ErrorCode.CORRUPT ? ErrorCode.BAD_DATA : e.code(), String.valueOf(e.getMessage()), e);
    }
  }

  private static byte[] inflated(byte[] body) {
    try {
      long bytes = declared(body);
      if (bytes > INFLATED_BYTES_MAX) {
        throw new TidemarkException(ErrorCode.TOO_LARGE, "remote read request of " + bytes + " bytes; at most " + INFLATED_BYTES_MAX
            + " are allowed, send fewer queries in one request");
      }
      return Snappy.uncompress(body);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request of " + body.length
          + " bytes: expected one snappy block (not the framed format), found something else", e);
    }
  }

  /// The length that a snappy block begins with, a varint of at most five bytes.
  private static long declared(byte[] body) {
    long bytes = 0;
    for (int i = 0; i < Math.min(5, body.length); i++) {
      bytes |= (body[i] & 0x7fL) << 7 * i;
      if (body[i] >= 0) {
        break;
      }
    }
    return bytes;
  }

  private static ReadRequest message(ByteReader in) {
    var queries = new ArrayList<Query>();
    var types = new ArrayList<Integer>();
    while (in.remaining() > 0) {
      long tag = in.readVarint();
      if (tag == (1 << 3 | BYTES)) {
        bound("queries", queries.size(), QUERIES_MAX);
        queries.add(query(part(in)));
      } else if (tag == (2 << 3 | BYTES)) {
        ByteReader packed = part(in);
        while (packed.remaining() > 0) {
          type(packed, types);
        }
      } else if (tag == (2 << 3 | VARINT)) {
        type(in, types);
      } else {
        skip(in, tag);
      }
    }
    if (queries.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: without a query");
    }
    return new ReadRequest(queries, types);
  }

  private static void type(ByteReader in, List<Integer> types) {
    bound("accepted response types", types.size(), TYPES_MAX);
    types.add((int) in.readVarint());
  }

  private static Query query(ByteReader in) {
    long start = 0;
    long end = 0;
    var matchers = new ArrayList<Matcher>();
    while (in.remaining() > 0) {
      long tag = in.readVarint();
      if (tag == (1 << 3 | VARINT)) {
        start = in.readVarint();
      } else if (tag == (2 << 3 | VARINT)) {
        end = in.readVarint();
      } else if (tag == (3 << 3 | BYTES)) {
        bound("matchers", matchers.size(), MATCHERS_MAX);
        matchers.add(matcher(part(in)));
      } else {
        skip(in, tag);
      }
    }
    if (matchers.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: query without a matcher; name at least one");
    }
    if (end < start) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: query ends at " + end + ", before its start at " + start);
    }
    return new Query(new TimeRange(start, end == Long.MAX_VALUE ? end : end + 1), matchers);
  }

  private static Matcher matcher(ByteReader in) {
    long type = 0;
    String name = "";
    String value = "";
    while (in.remaining() > 0) {
      long tag = in.readVarint();
      if (tag == (1 << 3 | VARINT)) {
        type = in.readVarint();
      } else if (tag == (2 << 3 | BYTES)) {
        name = in.readText();
      } else if (tag == (3 << 3 | BYTES)) {
        value = in.readText();
      } else {
        skip(in, tag);
      }
    }
    Matcher.Op op = switch ((int) type) {
      case 0 -> Matcher.Op.EQUAL;
      case 1 -> Matcher.Op.NOT_EQUAL;
      case 2 -> Matcher.Op.MATCH;
      case 3 -> Matcher.Op.NOT_MATCH;
      default -> throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: matcher of type " + type + " on label \"" + name
          + "\"; expected 0 to 3");
    };
    return new Matcher(name, op, value);
  }

  private static void bound(String what, int have, int max) {
    if (have == max) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: more than " + max + " " + what);
    }
  }

  private static ByteReader part(ByteReader in) {
    int bytes = in.readCount(1);
    int from = in.skip(bytes);
    return new ByteReader("remote read request", in.array(), from, from + bytes);
  }

  private static void skip(ByteReader in, long tag) {
    switch ((int) (tag & 7)) {
      case VARINT -> in.readVarint();
      case FIXED64 -> in.skip(8);
      case BYTES -> in.skip(in.readCount(1));
      case FIXED32 -> in.skip(4);
      default -> throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: field " + (tag >>> 3) + " with wire type "
          + (tag & 7) + " at byte " + in.position());
    }
  }
}
