package io.tidemark.query.peer;

import io.tidemark.codec.ByteReader;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/// Puts the frames of one answer together from the buffers that arrive, and checks them. Owned by one thread at a time.
final class FrameReader {
  private final String peer;
  private final AnswerBudget budget;
  private final byte[] header = new byte[PeerFormat.FRAME_HEADER_BYTES];
  /// Bytes of the header that is being filled; the answer's magic comes in a header of its own.
  private int headerCount;
  private int headerBytes = PeerFormat.MAGIC_BYTES;
  private boolean inBody;
  private byte[] body = new byte[0];
  private int bodyCount;
  private long framesRead;
  private long taken;
  private Optional<Begin> begin = Optional.empty();
  private Optional<PeerAnswer> answer = Optional.empty();
  private final List<PeerAnswer.Frame> frames = new ArrayList<>();

  private record Begin(Set<Integer> absent, Set<Integer> behind) {}

  FrameReader(String peer, AnswerBudget budget) {
    this.peer = peer;
    this.budget = budget;
  }

  private String source() {
    return "answer of peer " + peer;
  }

  /// Whether the peer has begun to answer.
  boolean hasBegun() {
    return begin.isPresent();
  }

  /// The answer, once its end has come.
  Optional<PeerAnswer> answer() {
    return answer;
  }

  /// Gives back the memory of an answer that nobody will read.
  void discard() {
    budget.give(taken);
    taken = 0;
    frames.clear();
  }

  /// Takes what came next. Throws `CORRUPT` for bytes that are not as they were sent, `NOT_SUPPORTED` for an answer of another version,
  /// `TOO_EXPENSIVE` past the budget, and what the peer failed with.
  void read(Buffer buffer) {
    int at = 0;
    while (at < buffer.length()) {
      at += inBody ? readBody(buffer, at) : readHeader(buffer, at);
    }
  }

  private int readHeader(Buffer buffer, int at) {
    int count = Math.min(headerBytes - headerCount, buffer.length() - at);
    buffer.getBytes(at, at + count, header, headerCount);
    headerCount += count;
    if (headerCount == headerBytes) {
      headerCount = 0;
      if (headerBytes == PeerFormat.MAGIC_BYTES) {
        magic();
      } else {
        frameBegins();
      }
    }
    return count;
  }

  private void magic() {
    int magic = new ByteReader(source(), header).readInt();
    if ((magic & PeerFormat.MAGIC_MASK) != (PeerFormat.ANSWER_MAGIC & PeerFormat.MAGIC_MASK)) {
      throw PeerFormat.corrupt(source(), "expected the bytes \"TMA\" at its begin");
    }
    if (magic != PeerFormat.ANSWER_MAGIC) {
      throw PeerFormat.otherVersion(source(), magic >>> 24);
    }
    headerBytes = PeerFormat.FRAME_HEADER_BYTES;
  }

  private void frameBegins() {
    if (answer.isPresent()) {
      throw PeerFormat.corrupt(source(), "more frames after its end");
    }
    int length = new ByteReader(source(), header).readInt();
    if (length < 0 || length > PeerFormat.FRAME_BYTES_MAX) {
      throw PeerFormat.corrupt(source(), "frame " + framesRead + " of " + length + " bytes; at most " + PeerFormat.FRAME_BYTES_MAX);
    }
    budget.take(length);
    taken += length;
    body = new byte[length];
    bodyCount = 0;
    inBody = true;
    if (length == 0) {
      frameEnds();
    }
  }

  private int readBody(Buffer buffer, int at) {
    int count = Math.min(body.length - bodyCount, buffer.length() - at);
    buffer.getBytes(at, at + count, body, bodyCount);
    bodyCount += count;
    if (bodyCount == body.length) {
      frameEnds();
    }
    return count;
  }

  private void frameEnds() {
    inBody = false;
    var crc = new CRC32C();
    crc.update(header, PeerFormat.KIND_AT, 1);
    crc.update(body, 0, body.length);
    int found = (int) crc.getValue();
    int expected = new ByteReader(source(), header, PeerFormat.CHECKSUM_AT, PeerFormat.KIND_AT).readInt();
    if (found != expected) {
      throw PeerFormat.corrupt(source(), String.format("frame %d of %d bytes: checksum %08x, its header says %08x; damaged on its way",
          framesRead, body.length, found, expected));
    }
    take(header[PeerFormat.KIND_AT]);
  }

  private void take(int kind) {
    if (kind == PeerFormat.WORKING) {
      return;
    }
    var in = new ByteReader(source(), body);
    if (kind == PeerFormat.ERROR) {
      String code = in.readText();
      throw PeerFormat.failure(peer, code, in.readText());
    }
    if (begin.isPresent() == (kind == PeerFormat.BEGIN)) {
      throw PeerFormat.corrupt(source(), "frame " + framesRead + " of kind " + kind + " is out of place");
    }
    switch (kind) {
      case PeerFormat.BEGIN -> begin = Optional.of(new Begin(shards(in), shards(in)));
      case PeerFormat.SERIES, PeerFormat.TEXTS, PeerFormat.METRICS, PeerFormat.PART, PeerFormat.EXEMPLAR_LISTS ->
          frames.add(new PeerAnswer.Frame(kind, body));
      case PeerFormat.END -> end(in);
      default -> throw PeerFormat.corrupt(source(), "frame " + framesRead + " is of unknown kind " + kind);
    }
    framesRead++;
  }

  private static Set<Integer> shards(ByteReader in) {
    var shards = new TreeSet<Integer>();
    int count = in.readCount(1);
    int shard = 0;
    for (int i = 0; i < count; i++) {
      shard += in.readCount(0);
      shards.add(shard);
    }
    return shards;
  }

  private void end(ByteReader in) {
    long count = in.readVarint();
    if (count != framesRead) {
      throw PeerFormat.corrupt(source(), framesRead + " frames, its end says " + count);
    }
    long series = in.readVarint();
    long samples = in.readVarint();
    int warningCount = in.readCount(1);
    var warnings = new ArrayList<String>();
    for (int i = 0; i < warningCount; i++) {
      warnings.add(in.readText());
    }
    Begin shards = begin.orElseThrow();
    answer = Optional.of(new PeerAnswer(peer, shards.absent, shards.behind, frames, series, samples, warnings));
  }
}
