package io.tidemark.query.evaluate;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Printer;
import io.tidemark.query.QueryResult;
import io.tidemark.storage.Resolution;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ObjLongConsumer;

/// At which resolution each selector of a query was read, and how much came of it. Any thread.
final class Resolutions {
  /// One selector, as often as it is read.
  static final class Read {
    private volatile Resolution resolution = Resolution.RAW;
    private final LongAdder told = new LongAdder();
    private final LongAdder raw = new LongAdder();

    void chosen(Resolution chosen) {
      resolution = chosen;
    }

    /// @param fromCompanions samples that companions told
    /// @param asTheyCame     the others
    void add(long fromCompanions, long asTheyCame) {
      told.add(fromCompanions);
      raw.add(asTheyCame);
    }
  }

  private final Map<Expr.VectorSelector, Read> reads = new ConcurrentHashMap<>();

  Read of(Expr.VectorSelector selector) {
    return reads.computeIfAbsent(selector, _ -> new Read());
  }

  void count(ObjLongConsumer<Resolution> counter) {
    reads.values().forEach(read -> {
      counter.accept(read.resolution, read.told.sum());
      counter.accept(Resolution.RAW, read.raw.sum());
    });
  }

  /// By the selectors' texts.
  List<QueryResult.SelectorRead> all() {
    var all = new TreeMap<String, QueryResult.SelectorRead>();
    reads.forEach((selector, read) -> {
      String text = Printer.print(selector);
      all.merge(text, new QueryResult.SelectorRead(text, read.resolution, read.told.sum(), read.raw.sum()), QueryResult.SelectorRead::and);
    });
    return List.copyOf(all.values());
  }
}
