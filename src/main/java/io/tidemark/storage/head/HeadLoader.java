package io.tidemark.storage.head;

import io.tidemark.codec.ByteReader;
import io.tidemark.log.DeleteRecord;
import io.tidemark.log.MetricMetadata;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Tombstone;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Fills an empty head from the frames of a checkpoint. Series get new, dense refs on the way.
///
/// Until version 4 a series came with its labels as texts; those of later versions need no look-up of labels or pairs. Frames of version 1
/// lack what windows are cut by: newest time and log bytes are then found anew, and windows count as born in time.
public final class HeadLoader {
  private final int version;
  private final String source;
  private final Head head;
  private final long windowMillis;
  private int[] refs = new int[1024];
  private int symbolsLeft;
  private int pairsLeft;
  private int seriesLeft;
  private final int[] labels = new int[SeriesIndex.LABELS_MAX];
  private long position = -1;
  private boolean ended;
  private final List<Tombstone> tombstones = new ArrayList<>();
  private Window window = new Window(0, 0);
  private long windowSealedAt;
  private int piecesLeft;
  private int slotsLeft;

  /// @param version      the checkpoint's; {@link HeadFrames#VERSION} or an earlier one
  /// @param source       the checkpoint's name, for messages
  /// @param windowMillis what the head works with now
  public HeadLoader(int version, String source, Head head, long windowMillis) {
    this.version = version;
    this.source = source;
    this.head = head;
    this.windowMillis = windowMillis;
  }

  /// Takes the next frame.
  ///
  /// @throws TidemarkException `CORRUPT` when it is not one that may come here, `NOT_SUPPORTED` for other windows than the head's;
  ///     the head is useless then
  public void load(ByteReader in) {
    int kind = in.readByte();
    if (ended || position < 0 && kind != HeadFrames.HEAD) {
      throw corrupt("frame of kind " + kind + " in the wrong place");
    }
    switch (kind) {
      case HeadFrames.HEAD -> loadHead(in);
      case HeadFrames.LABELLED_SERIES -> loadLabelledSeries(in);
      case HeadFrames.COUNTS -> loadCounts(in);
      case HeadFrames.SYMBOLS -> loadSymbols(in);
      case HeadFrames.PAIRS -> loadPairs(in);
      case HeadFrames.SERIES -> loadSeries(in);
      case HeadFrames.WRITER -> loadWriter(in);
      case HeadFrames.METADATA -> loadMetadata(in);
      case HeadFrames.WINDOW -> loadWindow(in);
      case HeadFrames.PIECES -> loadPieces(in);
      case HeadFrames.SLOTS -> loadSlots(in);
      case HeadFrames.EXTRAS -> loadExtras(in);
      case HeadFrames.EXEMPLARS -> loadExemplars(in);
      case HeadFrames.TOMBSTONES -> loadTombstones(in);
      case HeadFrames.END -> {
        endWindow();
        if (symbolsLeft != 0 || pairsLeft != 0 || seriesLeft != 0) {
          throw corrupt("it lacks " + symbolsLeft + " symbols, " + pairsLeft + " label pairs and " + seriesLeft + " series");
        }
        head.restoreTombstones(tombstones);
        ended = true;
      }
      default -> throw corrupt("frame of unknown kind " + kind);
    }
  }

  private TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: " + what);
  }

  /// The log position to go on from.
  ///
  /// @throws TidemarkException `CORRUPT` when the last frame was not the end
  public long position() {
    if (!ended) {
      throw corrupt("it ends in the middle");
    }
    return position;
  }

  private void loadHead(ByteReader in) {
    position = in.readLong();
    long millis = in.readVarint();
    if (millis != windowMillis) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, source + ": written with windows of " + millis + " ms, this release has "
          + windowMillis + " ms; start the release that wrote it, flush, and stop it");
    }
    if (version > 1) {
      head.restoreLog(in.readLong(), in.readLong());
    }
    // The file's first bytes say the version without a checksum.
    boolean isOf = version <= 6 || in.readVarint() == version;
    if (isOf && version > 7) {
      String shard = in.readText();
      if (!shard.equals(head.shard())) {
        throw corrupt("it is of shard " + shard + ", not of " + head.shard());
      }
      head.index().hashBy(in.readLong(), in.readLong());
    }
    if (!isOf || in.remaining() > 0) {
      throw in.corrupt("a head that is not of version " + version);
    }
  }

  private void loadCounts(ByteReader in) {
    if (head.index().refsEnd() > 0 || head.index().pairCount() > 0) {
      throw corrupt("counts in the wrong place");
    }
    symbolsLeft = in.readCount(0);
    pairsLeft = in.readCount(0);
    seriesLeft = in.readCount(0);
    head.index().restoreRoom(seriesLeft);
    refs = new int[Math.max(refs.length, seriesLeft)];
  }

  private void loadSymbols(ByteReader in) {
    while (in.remaining() > 0) {
      int bytes = in.readCount(1);
      if (--symbolsLeft < 0 || !head.index().restoreSymbol(in.array(), in.skip(bytes), bytes)) {
        throw corrupt("a symbol too many or twice");
      }
    }
  }

  private void loadPairs(ByteReader in) {
    while (in.remaining() > 0) {
      int name = in.readCount(0);
      int value = in.readCount(0);
      int series = in.readCount(0);
      if (--pairsLeft < 0 || symbolsLeft != 0 || series > seriesLeft || !head.index().restorePair(name, value, series)) {
        throw corrupt("a label pair too many or twice, or of a symbol that is not there");
      }
    }
  }

  private void loadSeries(ByteReader in) {
    int ref = -1;
    long newest = 0;
    while (in.remaining() > 0) {
      ref += in.readCount(0) + 1;
      newest += in.readZigzag();
      int hash = in.readInt();
      int count = in.readCount(1);
      if (--seriesLeft < 0 || pairsLeft != 0 || ref < 0 || count > labels.length) {
        throw corrupt("a series too many, or of " + count + " labels");
      }
      for (int i = 0; i < count; i++) {
        labels[i] = in.readCount(0);
        if (labels[i] >= head.index().pairCount()) {
          throw corrupt("series " + ref + " has a label pair that is not there");
        }
      }
      know(ref, head.restoreSeries(version > 7 ? hash : head.index().hash(labels, count), labels, count, newest));
    }
  }

  private void know(int ref, int now) {
    if (ref >= refs.length) {
      refs = Arrays.copyOf(refs, Math.max(ref + 1, refs.length * 2));
    }
    refs[ref] = now + 1;
  }

  private void loadLabelledSeries(ByteReader in) {
    while (in.remaining() > 0) {
      int ref = in.readCount(0);
      long newest = in.readLong();
      int count = in.readCount(1);
      int from = in.skip(count);
      int now = head.add(in.array(), from, from + count);
      know(ref, now);
      head.restoreNewest(now, newest);
    }
  }

  private int ref(int stored) {
    if (stored >= refs.length || refs[stored] == 0) {
      throw corrupt("series " + stored + " is not defined");
    }
    return refs[stored] - 1;
  }

  private void loadWriter(ByteReader in) {
    int writer = in.readInt();
    int epoch = in.readInt();
    Writers.Dictionary dictionary = head.restoreWriter(writer, epoch, in.readLong(), version > 1 ? in.readVarint() : 0);
    while (in.remaining() > 0) {
      int writerRef = in.readCount(0);
      dictionary.define(writerRef, ref(in.readCount(0)));
    }
  }

  private void loadMetadata(ByteReader in) {
    while (in.remaining() > 0) {
      head.restoreMetadata(new MetricMetadata(in.readText(), in.readText(), in.readText(), in.readText()));
    }
  }

  private void loadWindow(ByteReader in) {
    endWindow();
    long start = in.readLong();
    window = new Window(start, start + windowMillis);
    windowSealedAt = in.readLong();
    window.bornLogBytes = 0;
    if (version > 1) {
      window.bornNewestMillis = in.readLong();
      window.bornLogBytes = in.readLong();
      window.grownLogBytes = in.readLong();
    }
    piecesLeft = in.readCount(0);
    slotsLeft = in.readCount(0);
  }

  private void endWindow() {
    if (piecesLeft != 0 || slotsLeft != 0) {
      throw corrupt("window at " + window.startMillis + " lacks " + piecesLeft + " pieces and " + slotsLeft + " slots");
    }
    if (window.startMillis != window.endMillis) {
      head.restoreWindow(window, windowSealedAt);
      window = new Window(0, 0);
    }
  }

  private void loadPieces(ByteReader in) {
    int count = in.remaining() / 64;
    piecesLeft -= count;
    if (count == 0 || piecesLeft < 0) {
      throw corrupt("too many pieces in the window at " + window.startMillis);
    }
    window.slabs().read(in, count);
  }

  private void loadSlots(ByteReader in) {
    while (in.remaining() > 0) {
      if (--slotsLeft < 0 || piecesLeft != 0) {
        throw corrupt("too many slots in the window at " + window.startMillis);
      }
      int ref = ref(in.readCount(0));
      int count = in.readCount(0);
      int sideCount = in.readCount(0);
      if (version > 5) {
        window.restore(ref, count, sideCount, in);
      } else if (version > 4) {
        loadSlot5(ref, count, sideCount, in);
      } else {
        window.restoreOld(ref, in.readCount(0), count, in.readCount(0), sideCount);
      }
    }
  }

  /// Where the writer of version 5 was tells nothing that the samples do not.
  private void loadSlot5(int ref, int count, int sideCount, ByteReader in) {
    int first = 0;
    if (count > 0) {
      first = window.slabs().readPiece(in);
      in.readCount(0);
      in.readVarint();
      in.readLong();
      in.readZigzag();
      in.readCount(0);
      in.readCount(0);
    }
    int sideFirst = 0;
    if (sideCount > 0) {
      sideFirst = window.slabs().readPiece(in);
      in.readCount(0);
    }
    window.restoreOld(ref, first, count, sideFirst, sideCount);
  }

  private void loadExtras(ByteReader in) {
    while (in.remaining() > 0) {
      int slot = in.readCount(0);
      if (slotsLeft != 0 || slot >= window.seriesCount()) {
        throw corrupt("histograms or start times of slot " + slot + " in the window at " + window.startMillis);
      }
      window.restoreExtras(slot, in);
    }
  }

  private void loadTombstones(ByteReader in) {
    while (in.remaining() > 0) {
      long at = in.readVarint();
      if (at < 0 || at >= position || !tombstones.isEmpty() && at < tombstones.getLast().position()) {
        throw corrupt("a delete at log position " + at + " in a checkpoint at " + position);
      }
      tombstones.add(new Tombstone(at + 1, DeleteRecord.readContent(in)));
    }
  }

  private void loadExemplars(ByteReader in) {
    while (in.remaining() > 0) {
      int ref = ref(in.readCount(0));
      long timestamp = in.readZigzag();
      double value = Double.longBitsToDouble(in.readLong());
      int bytes = in.readCount(1);
      int from = in.skip(bytes);
      head.restoreExemplar(ref, new Exemplar(LabelSet.fromCanonicalBytes(in.array(), from, from + bytes), value, timestamp));
    }
  }
}
