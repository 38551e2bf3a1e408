package io.tidemark.transfer.wire;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.xerial.snappy.Snappy;

/// Writes requests of remote read.
public final class ReadQuery {
  private static final int STREAMED_XOR_CHUNKS = 1;

  private ReadQuery() {}

  /// One query, answered by a stream of chunks; as a snappy block.
  public static byte[] of(List<Matcher> matchers, TimeRange range) {
    var query = new ByteWriter(256);
    ProtoFields.number(query, 1, range.startMillis());
    // The protocol includes both ends.
    ProtoFields.number(query, 2, range.endMillis() - 1);
    var part = new ByteWriter(64);
    for (Matcher matcher : matchers) {
      part.clear();
      ProtoFields.number(part, 1, switch (matcher.op()) {
        case EQUAL -> 0;
        case NOT_EQUAL -> 1;
        case MATCH -> 2;
        case NOT_MATCH -> 3;
      });
      ProtoFields.bytes(part, 2, matcher.name().getBytes(StandardCharsets.UTF_8));
      ProtoFields.bytes(part, 3, matcher.value().getBytes(StandardCharsets.UTF_8));
      ProtoFields.message(query, 3, part);
    }
    var request = new ByteWriter(256);
    ProtoFields.message(request, 1, query);
    ProtoFields.number(request, 2, STREAMED_XOR_CHUNKS);
    try {
      return Snappy.compress(request.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
