package io.tidemark.storage.head;

import io.tidemark.model.LabelSet;
import io.tidemark.storage.Erased;
import io.tidemark.storage.LabelIndex;
import io.tidemark.storage.Postings;
import io.tidemark.storage.ReadWatch;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import io.tidemark.storage.SeriesPart;
import io.tidemark.storage.VisibleIndex;
import java.util.Arrays;
import java.util.List;

/// What a reader sees of a head: the series, and the windows with their samples. Any thread.
///
/// It may gain samples and series while it is used, never lose any; a delete makes another view.
///
/// @param windows by start, of one start the older first; sealing ones are older than the one that takes appends
/// @param erased  what deletes erase in each window; empty when nothing is in any
/// @param touched the series that deletes were about, ascending; they may have no samples here or anywhere
public record HeadView(SeriesIndex index, List<Window> windows, List<Erased> erased, Postings touched) implements SeriesPart {
  public HeadView {
    windows = List.copyOf(windows);
    erased = List.copyOf(erased);
    assert erased.isEmpty() || erased.size() == windows.size();
  }

  /// Nothing is erased.
  HeadView(SeriesIndex index, List<Window> windows) {
    this(index, windows, List.of(), Postings.NONE);
  }

  /// One window alone.
  ///
  /// @param gone what deletes erase in it
  public HeadView only(Window window, Erased gone) {
    return new HeadView(index, List.of(window), List.of(gone), Postings.NONE);
  }

  /// What deletes erase in a window.
  public Erased erased(Window window) {
    return erased.isEmpty() ? Erased.NONE : erased.get(windows.indexOf(window));
  }

  @Override
  public LabelIndex visible() {
    return touched.count() == 0 ? index : new VisibleIndex(index, this::isHidden);
  }

  /// Whether a series is known here only because it had samples before a delete.
  private boolean isHidden(int ref) {
    return Arrays.binarySearch(touched.refs(), 0, touched.count(), ref) >= 0 && !has(ref, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private Erased erased(int window, int ref) {
    return erased.isEmpty() || !erased.get(window).touches(ref) ? Erased.NONE : erased.get(window);
  }

  @Override
  public LabelSet labels(int ref) {
    return index.labels(ref);
  }

  @Override
  public String label(int ref, String name) {
    return index.label(ref, name);
  }

  @Override
  public void sortByLabels(int[] refs, ReadWatch watch) {
    index.sortByLabels(refs, watch);
  }

  /// Puts series of several heads into the order of their labels.
  ///
  /// @param owners the head of each series, by number
  /// @param refs   the refs in these
  public static void sortByLabels(List<HeadView> heads, int[] owners, int[] refs, ReadWatch watch) {
    new LabelOrder(heads.stream().map(HeadView::index).toList(), owners, refs, watch).sort();
  }

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    for (Window window : windows) {
      if (window.startMillis < toMillis && fromMillis < window.endMillis) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    for (int i = 0; i < windows.size(); i++) {
      Window window = windows.get(i);
      if (window.startMillis < toMillis && fromMillis < window.endMillis && window.has(ref)
          && (erased(i, ref).isEmpty() || hasLeft(window, ref, erased(i, ref), fromMillis, toMillis))) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasLeft(Window window, int ref, Erased gone, long fromMillis, long toMillis) {
    var samples = new SampleBuffer();
    read(window, ref, gone, fromMillis, toMillis, samples);
    return samples.count > 0;
  }

  @Override
  public long samples() {
    return windows.stream().mapToLong(Window::samples).sum();
  }

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    long samples = 0;
    for (Window window : windows) {
      if (window.startMillis < toMillis && fromMillis < window.endMillis) {
        samples += window.samples(ref, fromMillis, toMillis);
      }
    }
    return samples;
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int begin = into.count;
    for (int i = 0; i < windows.size(); i++) {
      Window window = windows.get(i);
      if (window.startMillis >= toMillis || fromMillis >= window.endMillis || !window.has(ref)) {
        continue;
      }
      if (into.count == begin || into.timestampsMillis[into.count - 1] < window.startMillis) {
        int seam = into.count;
        read(window, ref, erased(i, ref), fromMillis, toMillis, into);
        into.forgetReset(seam);
      } else {
        var newer = new SampleBuffer();
        read(window, ref, erased(i, ref), fromMillis, toMillis, newer);
        Samples.mergeNewer(into, begin, newer);
      }
    }
  }

  @Override
  public void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    for (int i = windows.size() - 1; i >= 0; i--) {
      Window window = windows.get(i);
      if (window.startMillis >= toMillis || fromMillis >= window.endMillis || !window.has(ref)) {
        continue;
      }
      if (isSharedStart(i) || !erased(i, ref).isEmpty()) {
        // Two windows of one time, the older one about to be sealed: their samples mix. Or the newest may be erased.
        read(ref, fromMillis, toMillis, into);
        into.keepNewest();
        return;
      }
      window.readNewest(ref, fromMillis, toMillis, into);
      if (into.count > 0) {
        return;
      }
    }
  }

  private boolean isSharedStart(int window) {
    return window > 0 && windows.get(window - 1).endMillis > windows.get(window).startMillis;
  }

  private static void read(Window window, int ref, Erased gone, long fromMillis, long toMillis, SampleBuffer into) {
    if (gone.isEmpty()) {
      window.read(ref, fromMillis, toMillis, into);
      return;
    }
    long[] kept = gone.kept(ref, fromMillis, toMillis);
    for (int i = 0; i < kept.length; i += 2) {
      int seam = into.count;
      window.read(ref, kept[i], kept[i + 1], into);
      into.forgetReset(seam);
    }
  }

  /// Bytes of memory held by labels and samples.
  public long bytes() {
    long bytes = index.bytes();
    for (Window window : windows) {
      bytes += window.bytes();
    }
    return bytes;
  }
}
