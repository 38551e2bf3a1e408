package io.tidemark.query.peer;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.buffer.Buffer;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// Makes the frames of one answer. Owned by one thread at a time.
final class FrameWriter {
  private final ByteWriter bytes = new ByteWriter(PeerFormat.FRAME_BYTES_FULL * 2);
  private int begin;
  private long frames;
  /// Written so far, for the end frame.
  long series;
  long samples;

  void magic() {
    bytes.writeInt(PeerFormat.ANSWER_MAGIC);
  }

  /// Begins a frame; its body is written to what is returned.
  ByteWriter open(int kind) {
    begin = bytes.count();
    bytes.writeInt(0);
    bytes.writeInt(0);
    bytes.writeByte(kind);
    return bytes;
  }

  /// Whether the open frame should end.
  boolean isFull() {
    return bytes.count() - begin >= PeerFormat.FRAME_BYTES_FULL;
  }

  void close() {
    int body = bytes.count() - begin - PeerFormat.FRAME_HEADER_BYTES;
    bytes.patchInt(begin + PeerFormat.LENGTH_AT, body);
    bytes.patchInt(begin + PeerFormat.CHECKSUM_AT, Checksum.crc32c(bytes.array(), begin + PeerFormat.KIND_AT, body + 1));
    frames++;
  }

  void begin(Collection<Integer> absent, Collection<Integer> behind) {
    ByteWriter out = open(PeerFormat.BEGIN);
    shards(out, absent);
    shards(out, behind);
    close();
  }

  private static void shards(ByteWriter out, Collection<Integer> shards) {
    out.writeVarint(shards.size());
    int before = 0;
    for (int shard : new TreeSet<>(shards)) {
      out.writeVarint(shard - before);
      before = shard;
    }
  }

  void error(ErrorCode code, String message) {
    ByteWriter out = open(PeerFormat.ERROR);
    out.writeText(code.name());
    out.writeText(cut(message));
    close();
  }

  static String cut(String message) {
    return message.length() <= PeerFormat.MESSAGE_CHARS_MAX ? message : message.substring(0, PeerFormat.MESSAGE_CHARS_MAX) + "…";
  }

  void end(List<String> warnings) {
    long before = frames;
    ByteWriter out = open(PeerFormat.END);
    out.writeVarint(before);
    out.writeVarint(series);
    out.writeVarint(samples);
    int count = Math.min(warnings.size(), PeerFormat.WARNINGS_MAX);
    out.writeVarint(count);
    warnings.subList(0, count).forEach(warning -> out.writeText(cut(warning)));
    close();
  }

  /// Bytes of whole frames that wait to be taken.
  int count() {
    return bytes.count();
  }

  /// Takes all frames written since the last time.
  Buffer take() {
    Buffer taken = Buffer.buffer(bytes.toByteArray());
    bytes.clear();
    return taken;
  }

  /// A frame that says nothing but that an answer is being worked on; not counted.
  static Buffer working() {
    var writer = new FrameWriter();
    writer.open(PeerFormat.WORKING);
    writer.close();
    return writer.take();
  }

  /// The largest frame is that of one label set or one text; such a one is refused here, before a reader does.
  void check() {
    if (bytes.count() - begin > PeerFormat.FRAME_BYTES_MAX) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "an answer's frame of " + (bytes.count() - begin) + " bytes; at most "
          + PeerFormat.FRAME_BYTES_MAX + " are sent between nodes");
    }
  }
}
