package io.tidemark.storage.head;

import io.tidemark.model.LabelSet;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import io.tidemark.storage.SeriesPart;
import java.util.List;

/// What a reader sees of a head: the series, and the windows with their samples. Any thread.
///
/// It may gain samples and series while it is used, never lose any.
///
/// @param windows by start, of one start the older first; sealing ones are older than the one that takes appends
public record HeadView(SeriesIndex index, List<Window> windows) implements SeriesPart {
  public HeadView {
    windows = List.copyOf(windows);
  }

  @Override
  public LabelSet labels(int ref) {
    return index.labels(ref);
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
    for (Window window : windows) {
      if (window.startMillis < toMillis && fromMillis < window.endMillis && window.has(ref)) {
        return true;
      }
    }
    return false;
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
    for (Window window : windows) {
      if (window.startMillis >= toMillis || fromMillis >= window.endMillis || !window.has(ref)) {
        continue;
      }
      if (into.count == begin || into.timestampsMillis[into.count - 1] < window.startMillis) {
        window.read(ref, fromMillis, toMillis, into);
      } else {
        var newer = new SampleBuffer();
        window.read(ref, fromMillis, toMillis, newer);
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
      if (isSharedStart(i)) {
        // Two windows of one time, the older one about to be sealed: their samples mix.
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

  /// Bytes of memory held by labels and samples.
  public long bytes() {
    long bytes = index.bytes();
    for (Window window : windows) {
      bytes += window.bytes();
    }
    return bytes;
  }
}
