package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import java.util.Arrays;
import java.util.List;

/// What a query cost, as Prometheus' JSON has it.
final class StatsJson {
  private StatsJson() {}

  /// Adds `,"stats":{…}`.
  ///
  /// @param perStep whether the samples of each step are told, as `stats=all` asks
  static void add(Piece out, QueryResult.Stats stats, QueryRequest request, boolean perStep) {
    out.add(",\"stats\":{\"timings\":{\"evalTotalTime\":" + (stats.preparationNanos() + stats.evaluationNanos() + stats.sortNanos()) / 1e9
        + ",\"resultSortTime\":" + stats.sortNanos() / 1e9
        + ",\"queryPreparationTime\":" + stats.preparationNanos() / 1e9
        + ",\"innerEvalTime\":" + stats.evaluationNanos() / 1e9
        + ",\"execQueueTime\":" + stats.queuedNanos() / 1e9
        + ",\"execTotalTime\":" + stats.totalNanos() / 1e9 + "},\"samples\":{");
    if (perStep) {
      steps(out, stats.samplesPerStep(), request);
    }
    out.add("\"totalQueryableSamples\":" + Arrays.stream(stats.samplesPerStep()).sum() + ",\"peakSamples\":" + stats.peakSamples() + "}");
    if (perStep) {
      selectors(out, stats.selectors());
    }
    out.add("}");
  }

  /// What Prometheus does not tell: at which resolution each selector was read.
  private static void selectors(Piece out, List<QueryResult.SelectorRead> selectors) {
    out.add(",\"selectors\":[");
    for (int i = 0; i < selectors.size(); i++) {
      QueryResult.SelectorRead read = selectors.get(i);
      out.add(i == 0 ? "{\"selector\":" : ",{\"selector\":");
      JsonPiece.string(out, read.selector());
      out.add(",\"resolution\":\"" + read.resolution().text() + "\",\"downsampled\":" + read.told() + ",\"raw\":" + read.raw() + "}");
    }
    out.add("]");
  }

  private static void steps(Piece out, long[] samplesPerStep, QueryRequest request) {
    out.add("\"totalQueryableSamplesPerStep\":[");
    for (int step = 0; step < samplesPerStep.length; step++) {
      out.add(step == 0 ? "[" : ",[");
      byte[] bytes = out.reserve(NumberText.BYTES_MAX);
      out.advance(NumberText.seconds(bytes, out.count(), request.startMillis() + step * request.stepMillis()));
      out.add("," + samplesPerStep[step] + "]");
    }
    out.add("],");
  }
}
