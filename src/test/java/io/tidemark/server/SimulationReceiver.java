package io.tidemark.server;

import io.tidemark.notify.Integration;
import io.tidemark.notify.Integrations;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.tidemark.notify.Texts;
import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Everybody who can be told something: notes what was delivered, and refuses when asked to. Outlives the engine.
final class SimulationReceiver implements Integrations {
  /// One notification that was taken.
  record Delivery(long atMillis, String integration, Notification notification) {}

  private final Clock clock;
  private final List<Delivery> deliveries = new ArrayList<>();
  private Supplier<Outcome> answers = () -> new Outcome.Delivered("taken");

  SimulationReceiver(Clock clock) {
    this.clock = clock;
  }

  /// Where the answers come from; what is answered with `Delivered` was taken.
  void answers(Supplier<Outcome> source) {
    answers = source;
  }

  /// What was taken, in order.
  List<Delivery> deliveries() {
    return deliveries;
  }

  @Override
  public Integration open(IntegrationConfig config, Texts texts) {
    return new Integration() {
      @Override
      public Future<Outcome> send(Notification notification) {
        Outcome outcome = answers.get();
        if (outcome instanceof Outcome.Delivered) {
          deliveries.add(new Delivery(clock.millis(), config.kind(), notification));
        }
        return Future.succeededFuture(outcome);
      }

      @Override
      public Future<Void> close() {
        return Future.succeededFuture();
      }
    };
  }
}
