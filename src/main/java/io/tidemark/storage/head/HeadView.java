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

  /// Bytes of memory held by labels and samples.
  public long bytes() {
    long bytes = index.bytes();
    for (Window window : windows) {
      bytes += window.bytes();
    }
    return bytes;
  }
}
