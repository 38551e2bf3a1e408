package io.tidemark.cli.demo;

import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.WebClient;
import java.util.function.Supplier;

/// Somebody who pays: {@link #PAYMENTS_PER_SECOND} payments a second through the API, in batches, as the phase asks for.
/// What the API does not take is lost; its own figures tell how much that is.
final class PaymentTraffic extends VerticleBase {
  static final int PAYMENTS_PER_SECOND = 200;
  private static final int BATCH = 50;
  /// Batches that may wait for their answer; while as many do, nobody pays.
  private static final int UNDER_WAY_MAX = 8;
  private static final int MERCHANTS = 40;

  private final int port;
  private final Entropy entropy;
  private final Supplier<PaymentPhase> phase;
  private int underWay;

  /// @param port of the API
  PaymentTraffic(int port, Entropy entropy, Supplier<PaymentPhase> phase) {
    this.port = port;
    this.entropy = entropy;
    this.phase = phase;
  }

  @Override
  public Future<?> start() {
    WebClient client = WebClient.create(vertx);
    vertx.setPeriodic(1_000L * BATCH / PAYMENTS_PER_SECOND, _ -> {
      if (underWay < UNDER_WAY_MAX) {
        underWay++;
        client.post(port, "127.0.0.1", "/payments/batch").sendJsonObject(new JsonObject().put("payments", batch()))
            .onComplete(_ -> underWay--);
      }
    });
    return Future.succeededFuture();
  }

  private JsonArray batch() {
    PaymentPhase now = phase.get();
    var batch = new JsonArray();
    for (int i = 0; i < BATCH; i++) {
      boolean bad = now == PaymentPhase.BAD_PAYMENTS && entropy.nextInt(2) == 0;
      batch.add(new JsonObject().put("payment_id", "PAY-" + Long.toHexString(entropy.nextLong()))
          .put("amount", (100 + entropy.nextInt(20_000)) / 100.0).put("merchant_id", "MERCH-" + entropy.nextInt(MERCHANTS))
          .put("customer_id", "CUST-" + entropy.nextInt(1_000_000)).put("currency", bad ? "DOUBLOON" : "USD"));
    }
    return batch;
  }

}
