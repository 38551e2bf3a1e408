package io.tidemark.collector;

import java.util.List;

/// The ledger of series at one moment; lists are in falling order of what is active.
///
/// @param sinceMillis      when counting began; what was active before counts as new
/// @param atMillis         the moment
/// @param periodEndMillis  when series that were not defined again in a whole period stop being active
/// @param node             all series of this process
/// @param services         with the most series
/// @param metrics          with the most series, each of one service
/// @param labels           with the most values, each of one metric
/// @param quarantined      accounts of which something was refused and that are still over their budget
/// @param ended            the last ones that were, the latest first
public record CardinalityView(long sinceMillis, long atMillis, long periodEndMillis, Row node, List<Row> services, List<Row> metrics,
    List<Row> labels, List<Quarantined> quarantined, List<Quarantined> ended) {
  public CardinalityView {
    services = List.copyOf(services);
    metrics = List.copyOf(metrics);
    labels = List.copyOf(labels);
    quarantined = List.copyOf(quarantined);
    ended = List.copyOf(ended);
  }

  /// Whose budget it is.
  ///
  /// @param service empty for the node
  /// @param metric  empty for node and services
  /// @param label   empty but for labels
  public record Name(BudgetKind kind, String service, String metric, String label) {}

  /// One account.
  ///
  /// @param active      series, or values of a label
  /// @param budget      `Long.MAX_VALUE` for none
  /// @param newInHour   of them new in the last 60 to 70 minutes; -1 where it is not kept
  /// @param newInDay    of them new in the last 24 to 25 hours; -1 where it is not kept
  /// @param newInPeriod of them not active in the period before
  /// @param values      of a metric: the label with the most values, otherwise empty
  /// @param isOver      whether something was refused and it is still over its budget
  public record Row(Name name, long active, long budget, long newInHour, long newInDay, long newInPeriod, String values,
      boolean isOver) {}

  /// An account that went over its budget.
  ///
  /// @param active         series, or values, when it was looked at or ended
  /// @param sinceMillis    first refusal
  /// @param lastMillis     last refusal
  /// @param untilMillis    when it is looked at again, or when it ended
  /// @param refusedSamples samples of new series that were refused
  /// @param refusedSeries  how many distinct series that were, estimated within 2 %; -1 when too many accounts are over
  /// @param example        the first of them
  public record Quarantined(Name name, long active, long budget, long sinceMillis, long lastMillis, long untilMillis, long refusedSamples,
      long refusedSeries, String example) {}
}
