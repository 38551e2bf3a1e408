package io.tidemark.state.journal;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State.Entry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/// Reads one generation of the journal whole, past damage. One thread.
final class JournalReader {
  /// Bytes in which no write could be read.
  record Damage(long offset, long bytes) {}

  private final Path path;
  private final ByteBuffer content;
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private final List<Damage> damages = new ArrayList<>();
  private long stateVersion;
  private long cutBytes;

  JournalReader(Disk disk, Path path) {
    this.path = path;
    try (DiskFile file = disk.openForRead(path)) {
      if (file.bytes() > Integer.MAX_VALUE - 64) {
        throw new TidemarkException(ErrorCode.CORRUPT, path + ": " + file.bytes() + " bytes, a journal has at most 2 GiB; restore it "
            + "from a backup");
      }
      content = ByteBuffer.allocate((int) file.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      file.read(content, 0);
      content.flip();
    }
  }

  /// Applies all writes in order.
  ///
  /// Damage before the last group of writes is decay: everything there was durable when that group was begun. Damage after it is the
  /// unfinished end of a write that was never acknowledged, and what follows it in that group is left out too.
  ///
  /// @throws TidemarkException `NOT_SUPPORTED` when a newer release wrote the file
  void read() {
    readHeader();
    var frames = new ArrayList<Integer>();
    var holes = new ArrayList<Damage>();
    int groupStart = JournalFormat.HEADER_BYTES;
    int end = content.limit();
    for (int at = JournalFormat.HEADER_BYTES; at < end;) {
      int good = at;
      while (good < end && !isGood(good)) {
        good++;
      }
      if (good > at) {
        holes.add(new Damage(at, good - at));
      }
      if (good < end) {
        groupStart = Math.max(groupStart, good - content.getInt(good + JournalFormat.BACK_AT));
        frames.add(good);
        good += JournalFormat.BODY_AT + content.getInt(good);
      }
      at = good;
    }
    int tornAt = end;
    for (Damage hole : holes) {
      if (hole.offset < groupStart) {
        damages.add(hole);
      } else {
        tornAt = (int) Math.min(tornAt, hole.offset);
      }
    }
    cutBytes = end - tornAt;
    for (int frame : frames) {
      if (frame < tornAt) {
        apply(frame);
      }
    }
  }

  private void readHeader() {
    boolean whole = content.limit() >= JournalFormat.HEADER_BYTES && content.getInt(0) == JournalFormat.MAGIC
        && content.getInt(JournalFormat.HEADER_CHECKSUM_AT) == headerChecksum();
    if (!whole) {
      damages.add(new Damage(0, Math.min(content.limit(), JournalFormat.HEADER_BYTES)));
      return;
    }
    int version = content.getInt(JournalFormat.VERSION_AT);
    if (version != JournalFormat.VERSION) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, path + ": state journal version " + version + ", this release reads version "
          + JournalFormat.VERSION + "; start the release that wrote it");
    }
    stateVersion = content.getLong(JournalFormat.STATE_VERSION_AT);
  }

  private int headerChecksum() {
    var crc = new CRC32C();
    crc.update(content.duplicate().position(0).limit(JournalFormat.HEADER_CHECKSUM_AT));
    return (int) crc.getValue();
  }

  private boolean isGood(int at) {
    int left = content.limit() - at;
    if (left < JournalFormat.KEY_AT) {
      return false;
    }
    int length = content.getInt(at);
    int back = content.getInt(at + JournalFormat.BACK_AT);
    if (length < JournalFormat.BODY_BYTES_MIN || length > left - JournalFormat.BODY_AT || back < 0
        || back > at - JournalFormat.HEADER_BYTES) {
      return false;
    }
    int keyLength = content.getShort(at + JournalFormat.KEY_LENGTH_AT) & 0xffff;
    return keyLength <= length - JournalFormat.BODY_BYTES_MIN
        && content.getInt(at + JournalFormat.CHECKSUM_AT) == JournalFormat.checksum(content, at, at + JournalFormat.BODY_AT + length);
  }

  private void apply(int at) {
    int keyLength = content.getShort(at + JournalFormat.KEY_LENGTH_AT) & 0xffff;
    String key = new String(content.array(), at + JournalFormat.KEY_AT, keyLength, StandardCharsets.UTF_8);
    long version = content.getLong(at + JournalFormat.ENTRY_VERSION_AT);
    stateVersion = Math.max(stateVersion, version);
    switch (content.get(at + JournalFormat.KIND_AT)) {
      case JournalFormat.PUT -> {
        var value = new byte[content.getInt(at) - JournalFormat.BODY_BYTES_MIN - keyLength];
        content.get(at + JournalFormat.KEY_AT + keyLength, value);
        entries.put(key, new Entry(key, value, version));
      }
      case JournalFormat.REMOVE -> entries.remove(key);
      default -> {
        // An end mark, or a kind that this version does not write: nothing to apply.
      }
    }
  }

  TreeMap<String, Entry> entries() {
    return entries;
  }

  /// The highest version ever given.
  long stateVersion() {
    return stateVersion;
  }

  List<Damage> damages() {
    return damages;
  }

  long cutBytes() {
    return cutBytes;
  }
}
