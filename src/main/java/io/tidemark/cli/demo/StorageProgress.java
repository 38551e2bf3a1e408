package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.util.concurrent.TimeUnit;

/// How far a storage node has come, as its `/metrics` tell.
///
/// @param shards   that it holds
/// @param applied  records that are in its heads: the sum of the positions of its shards
/// @param lag      records of the log that are not
record StorageProgress(int shards, long applied, long lag) {
  private static final String APPLIED = "tidemark_storage_applied_position{";
  private static final String LAG = "tidemark_storage_log_lag_records{";
  private static final long TIMEOUT_SECONDS = 10;

  /// Asks the node at `url`; blocks the caller.
  static StorageProgress ask(WebClient client, String url) {
    try {
      HttpResponse<?> answer = client.getAbs(url + "/metrics").timeout(TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS)).send()
          .await(2 * TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return read(answer.bodyAsString());
    } catch (Exception e) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "the storage node at " + url + " does not tell its metrics: " + e.getMessage(), e);
    }
  }

  static StorageProgress read(String metrics) {
    int shards = (int) metrics.lines().filter(line -> line.startsWith(APPLIED)).count();
    return new StorageProgress(shards, sum(metrics, APPLIED), sum(metrics, LAG));
  }

  private static long sum(String metrics, String prefix) {
    return metrics.lines().filter(line -> line.startsWith(prefix))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }
}
