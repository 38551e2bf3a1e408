/// StatsD and DogStatsD: lines in datagrams, aggregated and written at an interval.
///
/// **Purpose** turn counters, gauges, timers, histograms and sets into Prometheus' kinds of series.
/// **Invariants** no datagram throws; the tables have bounds, and reaching one is counted.
/// **Threading** owned by one loop. **Plane** data: a known meter costs no object a line.
/// **Formats** https://github.com/statsd/statsd/blob/master/docs/metric_types.md and
/// https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/  **Start at** {@link io.tidemark.collector.statsd.Aggregator}
@NullMarked
package io.tidemark.collector.statsd;

import org.jspecify.annotations.NullMarked;
