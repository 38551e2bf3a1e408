package io.tidemark.api.prometheus;

import io.tidemark.query.QueryRequest;
import io.tidemark.query.Value;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Texts of the points of range answers, by query, for panels that are refreshed: from the second time on that a query comes, its answer's
/// text is kept for the next. Those used longest ago go when bytes run out. Safe on any thread.
final class AnswerTexts {
  /// Of the heap.
  private static final int HEAP_SHARE = 64;
  /// Share of all bytes that one query may have.
  private static final int ENTRY_SHARE = 4;
  private static final long ENTRY_BYTES = 200;

  /// A query whose steps fall on the same times.
  private record Key(String text, long stepMillis, long phaseMillis, long lookbackMillis) {}

  private final long bytesMax;
  private final Counter kept;
  private final Counter written;
  /// In the order of use; empty for a query that came once. Guarded by this.
  private final Map<Key, List<PointTexts>> entries = new LinkedHashMap<>(64, 0.75f, true);
  private long bytes;

  AnswerTexts(Metrics metrics) {
    this(Runtime.getRuntime().maxMemory() / HEAP_SHARE, metrics);
  }

  AnswerTexts(long bytesMax, Metrics metrics) {
    this.bytesMax = bytesMax;
    String help = "Points of refreshed range answers, by where their text came from.";
    kept = metrics.counter("tidemark_http_answer_points_total", help, "from", "cache");
    written = metrics.counter("tidemark_http_answer_points_total", help, "from", "writer");
    metrics.gauge("tidemark_http_answer_texts_bytes", "Memory of kept texts of range answers.", this::bytes);
    metrics.gauge("tidemark_http_answer_texts_max_bytes", "A 64th of the heap.", () -> bytesMax);
  }

  private synchronized double bytes() {
    return bytes;
  }

  /// The texts of one answer while it is written; one thread at a time.
  final class Lent {
    private final Key key;
    private final List<PointTexts> before;
    private final long bytesBefore;
    private final List<PointTexts> now = new ArrayList<>();
    private long bytesNow;
    private int next;

    private Lent(Key key, List<PointTexts> before) {
      this.key = key;
      this.before = before;
      bytesBefore = bytes(key, before);
      bytesNow = bytes(key, List.of());
    }

    /// The text of the points of `series`, which follows the last one asked for in label order; empty when the answer is too long for
    /// its text to be kept.
    Optional<PointTexts> of(Value.Series series, PointWriter writer) {
      long most = bytesMax / ENTRY_SHARE;
      if (bytesNow + PointTexts.bytes(series.count()) > most) {
        return Optional.empty();
      }
      PointTexts texts = find(series);
      int made = texts.become(series, writer);
      written.add(made);
      kept.add(series.count() - made);
      if (bytesNow + texts.bytes() <= most) {
        now.add(texts);
        bytesNow += texts.bytes();
      }
      return Optional.of(texts);
    }

    private PointTexts find(Value.Series series) {
      while (next < before.size()) {
        int order = before.get(next).labels.compareTo(series.labels());
        if (order > 0) {
          break;
        }
        next++;
        if (order == 0) {
          return before.get(next - 1);
        }
      }
      return new PointTexts(series.labels());
    }

    /// Keeps the texts for the next answer.
    void giveBack() {
      keep(key, now, bytesNow - bytesBefore);
    }
  }

  /// Takes out what there is for a query; empty when it comes for the first time, or when its answer is being written right now. Its bytes
  /// count until it is given back.
  Optional<Lent> take(QueryRequest request) {
    var key = new Key(request.text(), request.stepMillis(), Math.floorMod(request.startMillis(), request.stepMillis()),
        request.lookbackMillis());
    List<PointTexts> before;
    synchronized (this) {
      before = entries.remove(key);
    }
    if (before == null) {
      keep(key, List.of(), bytes(key, List.of()));
      return Optional.empty();
    }
    return Optional.of(new Lent(key, before));
  }

  private synchronized void keep(Key key, List<PointTexts> texts, long more) {
    List<PointTexts> other = entries.put(key, texts);
    bytes += more - (other == null ? 0 : bytes(key, other));
    for (Iterator<Map.Entry<Key, List<PointTexts>>> oldest = entries.entrySet().iterator(); bytes > bytesMax && oldest.hasNext();) {
      Map.Entry<Key, List<PointTexts>> gone = oldest.next();
      bytes -= bytes(gone.getKey(), gone.getValue());
      oldest.remove();
    }
  }

  private static long bytes(Key key, List<PointTexts> texts) {
    return ENTRY_BYTES + 2L * key.text.length() + texts.stream().mapToLong(PointTexts::bytes).sum();
  }
}
