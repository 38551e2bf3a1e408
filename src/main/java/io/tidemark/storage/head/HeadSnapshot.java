package io.tidemark.storage.head;

import io.tidemark.codec.ByteWriter;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.Tombstone;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A head as of one log position. Immutable; written by any thread.
///
/// The checkpoint is a sequence of frames, each of a kind named in {@link HeadFrames}; docs/formats/checkpoint.md describes them.
/// Only series that have samples here, or that a log writer may still name, are kept: the others are in blocks only.
public final class HeadSnapshot {
  record FrozenWindow(Window.Frozen frozen, long sealedAt) {}

  record FrozenWriter(int writer, int epoch, long startMillis, long silentTicks, int[] refs) {}

  private final String shard;
  private final long position;
  private final long windowMillis;
  private final long newestMillis;
  private final long logBytes;
  private final SeriesIndex index;
  private final long[] newest;
  private final List<FrozenWindow> windows;
  private final List<FrozenWriter> writers;
  private final Map<String, List<Metadata>> metadata;
  private final List<ExemplarRing.Entry> exemplars;
  private final List<Tombstone> tombstones;
  /// Grows with what there is to write: many snapshots of small heads may wait at once.
  private final ByteWriter out = new ByteWriter(4096);

  HeadSnapshot(String shard, long position, long windowMillis, long newestMillis, long logBytes, SeriesIndex index, long[] newest,
      List<FrozenWindow> windows, List<FrozenWriter> writers, Map<String, List<Metadata>> metadata,
      List<ExemplarRing.Entry> exemplars, List<Tombstone> tombstones) {
    this.shard = shard;
    this.position = position;
    this.windowMillis = windowMillis;
    this.newestMillis = newestMillis;
    this.logBytes = logBytes;
    this.index = index;
    this.newest = newest;
    this.windows = windows;
    this.writers = writers;
    this.metadata = metadata;
    this.exemplars = exemplars;
    this.tombstones = tombstones;
  }

  /// The first log position that is not in it.
  public long position() {
    return position;
  }

  /// Gives the frames in order. The writer passed is reused after `sink` returns.
  public void write(Consumer<ByteWriter> sink) {
    begin(HeadFrames.HEAD);
    out.writeLong(position);
    out.writeVarint(windowMillis);
    out.writeLong(newestMillis);
    out.writeLong(logBytes);
    out.writeVarint(HeadFrames.VERSION);
    out.writeText(shard);
    index.writeSeeds(out);
    sink.accept(out);
    writeSeries(sink);
    writeWriters(sink);
    writeMetadata(sink);
    writeExemplars(sink);
    writeTombstones(sink);
    for (FrozenWindow window : windows) {
      writeWindow(window, sink);
    }
    begin(HeadFrames.END);
    sink.accept(out);
  }

  private void begin(int kind) {
    out.clear();
    out.writeByte(kind);
  }

  /// How many series the head knows.
  public int seriesCount() {
    return newest.length;
  }

  /// How many of the series would be in a checkpoint.
  public int liveCount() {
    return live().cardinality();
  }

  private BitSet live() {
    var live = new BitSet(newest.length);
    for (FrozenWriter writer : writers) {
      for (int ref : writer.refs) {
        if (ref > 0) {
          live.set(ref - 1);
        }
      }
    }
    for (FrozenWindow window : windows) {
      for (int slot = 0; slot < window.frozen.slotCount(); slot++) {
        live.set(window.frozen.ref(slot));
      }
    }
    return live;
  }

  /// Only the symbols and pairs of the series that are written, numbered anew: those of series that stopped are forgotten with them.
  private void writeSeries(Consumer<ByteWriter> sink) {
    BitSet live = live();
    var written = new WrittenSeries(index, live);
    begin(HeadFrames.COUNTS);
    out.writeVarint(written.symbols.cardinality());
    out.writeVarint(written.pairs.cardinality());
    out.writeVarint(live.cardinality());
    sink.accept(out);
    begin(HeadFrames.SYMBOLS);
    for (int symbol = written.symbols.nextSetBit(0); symbol >= 0; symbol = written.symbols.nextSetBit(symbol + 1)) {
      index.writeSymbol(symbol, out);
      flushIfFull(HeadFrames.SYMBOLS, sink);
    }
    flush(sink);
    begin(HeadFrames.PAIRS);
    for (int pair = written.pairs.nextSetBit(0); pair >= 0; pair = written.pairs.nextSetBit(pair + 1)) {
      written.writePair(pair, out);
      flushIfFull(HeadFrames.PAIRS, sink);
    }
    flush(sink);
    begin(HeadFrames.SERIES);
    int before = -1;
    long newestBefore = 0;
    for (int ref = live.nextSetBit(0); ref >= 0; ref = live.nextSetBit(ref + 1)) {
      out.writeVarint(ref - before - 1);
      out.writeZigzag(newest[ref] - newestBefore);
      written.writeLabels(ref, out);
      before = ref;
      newestBefore = newest[ref];
      if (out.count() >= HeadFrames.FRAME_BYTES) {
        sink.accept(out);
        begin(HeadFrames.SERIES);
        before = -1;
        newestBefore = 0;
      }
    }
    flush(sink);
  }

  private void flushIfFull(int kind, Consumer<ByteWriter> sink) {
    if (out.count() >= HeadFrames.FRAME_BYTES) {
      sink.accept(out);
      begin(kind);
    }
  }

  private void flush(Consumer<ByteWriter> sink) {
    if (out.count() > 1) {
      sink.accept(out);
    }
  }

  private void writeWriters(Consumer<ByteWriter> sink) {
    for (FrozenWriter writer : writers) {
      beginWriter(writer);
      int headerBytes = out.count();
      for (int writerRef = 0; writerRef < writer.refs.length; writerRef++) {
        if (writer.refs[writerRef] > 0) {
          out.writeVarint(writerRef);
          out.writeVarint(writer.refs[writerRef] - 1);
        }
        if (out.count() >= HeadFrames.FRAME_BYTES) {
          sink.accept(out);
          beginWriter(writer);
        }
      }
      if (out.count() > headerBytes) {
        sink.accept(out);
      }
    }
  }

  private void beginWriter(FrozenWriter writer) {
    begin(HeadFrames.WRITER);
    out.writeInt(writer.writer);
    out.writeInt(writer.epoch);
    out.writeLong(writer.startMillis);
    out.writeVarint(writer.silentTicks);
  }

  private void writeMetadata(Consumer<ByteWriter> sink) {
    begin(HeadFrames.METADATA);
    metadata.forEach((metric, texts) -> {
      for (Metadata text : texts) {
        out.writeText(metric);
        out.writeText(text.type());
        out.writeText(text.help());
        out.writeText(text.unit());
        flushIfFull(HeadFrames.METADATA, sink);
      }
    });
    flush(sink);
  }

  /// Those of series that are in the checkpoint.
  private void writeExemplars(Consumer<ByteWriter> sink) {
    if (exemplars.isEmpty()) {
      return;
    }
    BitSet live = live();
    begin(HeadFrames.EXEMPLARS);
    for (ExemplarRing.Entry entry : exemplars) {
      if (live.get(entry.ref())) {
        byte[] labels = entry.exemplar().labels().toCanonicalBytes();
        out.writeVarint(entry.ref());
        out.writeZigzag(entry.exemplar().timestampMillis());
        out.writeLong(Double.doubleToRawLongBits(entry.exemplar().value()));
        out.writeVarint(labels.length);
        out.writeBytes(labels, 0, labels.length);
        flushIfFull(HeadFrames.EXEMPLARS, sink);
      }
    }
    flush(sink);
  }

  private void writeTombstones(Consumer<ByteWriter> sink) {
    begin(HeadFrames.TOMBSTONES);
    for (Tombstone tombstone : tombstones) {
      out.writeVarint(tombstone.position() - 1);
      tombstone.delete().writeContent(out);
      flushIfFull(HeadFrames.TOMBSTONES, sink);
    }
    flush(sink);
  }

  private void writeWindow(FrozenWindow window, Consumer<ByteWriter> sink) {
    Window.Frozen frozen = window.frozen;
    Window w = frozen.window();
    begin(HeadFrames.WINDOW);
    out.writeLong(w.startMillis);
    out.writeLong(window.sealedAt);
    out.writeLong(w.bornNewestMillis);
    out.writeLong(w.bornLogBytes);
    out.writeLong(frozen.grownLogBytes());
    out.writeVarint(frozen.pieces());
    out.writeVarint(frozen.slotCount());
    sink.accept(out);
    int piecesEach = HeadFrames.FRAME_BYTES / 64;
    for (int from = 0; from < frozen.pieces(); from += piecesEach) {
      begin(HeadFrames.PIECES);
      w.slabs().write(out, from, Math.min(frozen.pieces(), from + piecesEach));
      sink.accept(out);
    }
    begin(HeadFrames.SLOTS);
    for (int slot = 0; slot < frozen.slotCount(); slot++) {
      frozen.write(slot, out);
      flushIfFull(HeadFrames.SLOTS, sink);
    }
    flush(sink);
    begin(HeadFrames.EXTRAS);
    for (SlotExtras.Frozen extras : frozen.extras()) {
      extras.write(out, frozen.count(extras.slot()), frozen.sideCount(extras.slot()));
      flushIfFull(HeadFrames.EXTRAS, sink);
    }
    flush(sink);
  }
}
