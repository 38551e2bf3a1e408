package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/// Goes through the frames of one segment in order, past damage. One thread.
///
/// After a bad frame the next one is looked for first where the bad one says it ends, then at every byte. A frame is good only with
/// the right checksum and a position that can be there, so that leftovers and payloads that look like frames are not taken for one.
final class SegmentScanner implements AutoCloseable {
  /// As `positionEnd`: nobody knows yet where this segment ends.
  static final long OPEN_END = Long.MAX_VALUE;
  private static final int WINDOW_BYTES = 256 * 1024;

  private final Segment segment;
  private final DiskFile file;
  private final long limit;
  private final long positionEnd;
  private byte[] window = new byte[WINDOW_BYTES];
  private ByteBuffer view = view(window);
  private long windowAt;
  private int windowBytes;

  private long at;
  private long expected;
  private long position;
  private int length;
  private long offset;
  private long groupStartMax = SegmentFormat.HEADER_BYTES;
  private long readableEnd;
  private boolean ended;
  private final List<Damage> damages = new ArrayList<>();

  /// @param limit       bytes of the file to look at
  /// @param positionEnd positions from here on belong to the next segment, or {@link #OPEN_END}
  SegmentScanner(Disk disk, Segment segment, long limit, long positionEnd) {
    this.segment = segment;
    this.limit = limit;
    this.positionEnd = positionEnd;
    file = disk.openForRead(segment.path);
    at = SegmentFormat.HEADER_BYTES;
    expected = segment.first;
    readableEnd = segment.first;
  }

  private static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Checks the header. Its content is known from the file's name and folder, so damage to it costs nothing but a report. A whole one that
  /// says otherwise is no damage: the file was moved or renamed, and its records are not those of this place.
  ///
  /// @throws TidemarkException `NOT_SUPPORTED` when a newer release wrote the segment, `CORRUPT` when it belongs elsewhere
  void checkHeader(int partition) {
    int head = have(0, SegmentFormat.HEADER_BYTES) ? 0 : -1;
    if (head == 0) {
      var crc = new CRC32C();
      crc.update(window, 0, SegmentFormat.HEADER_CHECKSUM_AT);
      boolean whole = view.getInt(0) == SegmentFormat.MAGIC && view.getInt(SegmentFormat.HEADER_CHECKSUM_AT) == (int) crc.getValue();
      if (whole && view.getInt(SegmentFormat.VERSION_AT) != SegmentFormat.VERSION) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, segment.path + ": segment version " + view.getInt(SegmentFormat.VERSION_AT)
            + ", this release reads version " + SegmentFormat.VERSION + "; start the release that wrote it");
      }
      if (whole) {
        checkPlace(partition, view.getInt(SegmentFormat.PARTITION_AT), view.getLong(SegmentFormat.FIRST_AT));
        return;
      }
    }
    damages.add(new Damage(segment.path, 0, Math.min(limit, SegmentFormat.HEADER_BYTES), segment.first, segment.first));
  }

  /// The partition that the header says.
  int partition() {
    return have(0, SegmentFormat.HEADER_BYTES) ? view.getInt(SegmentFormat.PARTITION_AT) : 0;
  }

  private void checkPlace(int partition, int itsPartition, long itsFirst) {
    if (itsPartition != partition || itsFirst != segment.first) {
      throw new TidemarkException(ErrorCode.CORRUPT, segment.path + ": its header says partition " + itsPartition + " from position "
          + itsFirst + " on, its folder and name say partition " + partition + " from position " + segment.first
          + " on; it was moved or renamed: put every segment back where its header says");
    }
  }

  /// Begins at a known place.
  void seek(Segment.Place place) {
    at = place.offset();
    expected = place.position();
  }

  /// Moves to the next good record; false at the end.
  boolean next() {
    if (!ended && expected < positionEnd && at < limit) {
      long bad = at;
      long lost = expected;
      boolean found = isGood(at);
      if (!found && isRoom()) {
        ended = true;
        return false;
      }
      found = found || recover();
      if (!found) {
        damages.add(new Damage(segment.path, bad, limit - bad, lost, positionEnd == OPEN_END ? lost : positionEnd));
        at = limit;
        ended = true;
        return false;
      }
      if (position != lost || offset != bad) {
        damages.add(new Damage(segment.path, bad, offset - bad, lost, position));
      }
      groupStartMax = Math.max(groupStartMax, offset - back());
      at = offset + SegmentFormat.FRAME_BYTES + Math.max(0, length);
      expected = position;
      if (length == SegmentFormat.END_MARK) {
        ended = true;
        return false;
      }
      expected = position + 1;
      readableEnd = expected;
      segment.index(position, offset);
      return true;
    }
    if (!ended && expected < positionEnd && positionEnd != OPEN_END) {
      damages.add(new Damage(segment.path, limit, 0, expected, positionEnd));
      ended = true;
    }
    return false;
  }

  /// Whether nothing but zeros follows in a segment whose writer may have been killed.
  private boolean isRoom() {
    if (positionEnd != OPEN_END) {
      return false;
    }
    for (long from = at; from < limit;) {
      if (!have(from, 1)) {
        return false;
      }
      int in = (int) (from - windowAt);
      int end = (int) Math.min(windowBytes, limit - windowAt);
      for (int i = in; i < end; i++) {
        if (window[i] != 0) {
          return false;
        }
      }
      from = windowAt + end;
    }
    return true;
  }

  private boolean recover() {
    if (have(at, SegmentFormat.FRAME_BYTES)) {
      int claimed = view.getInt((int) (at - windowAt));
      if (claimed >= 0 && claimed <= SegmentFormat.RECORD_BYTES_MAX && isGood(at + SegmentFormat.FRAME_BYTES + claimed)) {
        return true;
      }
    }
    for (long candidate = at + 1; candidate + SegmentFormat.FRAME_BYTES <= limit; candidate++) {
      if (isGood(candidate)) {
        return true;
      }
    }
    return false;
  }

  /// Whether a good frame begins at `candidate`; then it is the current one.
  private boolean isGood(long candidate) {
    if (candidate + SegmentFormat.FRAME_BYTES > limit || !have(candidate, SegmentFormat.FRAME_BYTES)) {
      return false;
    }
    int in = (int) (candidate - windowAt);
    int claimed = view.getInt(in);
    int back = view.getInt(in + SegmentFormat.BACK_AT);
    long place = view.getLong(in + SegmentFormat.POSITION_AT);
    boolean mark = claimed == SegmentFormat.END_MARK;
    // A lost frame takes at least its own header, so positions cannot run ahead further than bytes do.
    if (!mark && (claimed < 0 || claimed > SegmentFormat.RECORD_BYTES_MAX || place >= positionEnd) || place > positionEnd
        || back < 0 || back > candidate - SegmentFormat.HEADER_BYTES || place < expected
        || place - expected > (candidate - at) / SegmentFormat.FRAME_BYTES) {
      return false;
    }
    int payload = mark ? 0 : claimed;
    if (candidate + SegmentFormat.FRAME_BYTES + payload > limit || !have(candidate, SegmentFormat.FRAME_BYTES + payload)) {
      return false;
    }
    in = (int) (candidate - windowAt);
    var crc = new CRC32C();
    crc.update(window, in, SegmentFormat.CHECKSUM_AT);
    crc.update(window, in + SegmentFormat.FRAME_BYTES, payload);
    if ((int) crc.getValue() != view.getInt(in + SegmentFormat.CHECKSUM_AT)) {
      return false;
    }
    position = place;
    length = claimed;
    offset = candidate;
    return true;
  }

  private long back() {
    return view.getInt((int) (offset - windowAt) + SegmentFormat.BACK_AT);
  }

  /// Brings `bytes` bytes from `from` on into the window, if the file has them.
  private boolean have(long from, int bytes) {
    if (from >= windowAt && from + bytes <= windowAt + windowBytes) {
      return true;
    }
    if (bytes > window.length) {
      window = new byte[bytes];
      view = view(window);
    }
    windowAt = from;
    windowBytes = file.read(ByteBuffer.wrap(window, 0, (int) Math.min(window.length, Math.max(0, limit - from))), from);
    return bytes <= windowBytes;
  }

  /// The current record's position.
  long position() {
    return position;
  }

  /// A copy of the current record.
  byte[] payload() {
    int in = (int) (offset - windowAt) + SegmentFormat.FRAME_BYTES;
    return Arrays.copyOfRange(window, in, in + length);
  }

  int payloadBytes() {
    return length;
  }

  /// The position that comes next, after the last good record or as the end mark says.
  long expected() {
    return expected;
  }

  /// The position after the last good record.
  long readableEnd() {
    return readableEnd;
  }

  /// The byte after the last good frame.
  long at() {
    return at;
  }

  /// Where the newest group of records that left a frame begins. Everything before was durable when that group was written.
  long groupStartMax() {
    return groupStartMax;
  }

  List<Damage> damages() {
    return damages;
  }

  @Override
  public void close() {
    file.close();
  }
}
