/// Prometheus remote write 1.0 and 2.0: a snappy block that holds one protobuf message.
///
/// **Purpose** turn the body of a request into samples of the open batch without an object per sample or known series.
/// **Invariants** nothing of a request is added before its whole structure was read; no array grows beyond what the body can hold.
/// **Threading** owned by one loop. **Plane** data.
/// **Formats** https://prometheus.io/docs/specs/prw/remote_write_spec/ and …_2_0/ and snappy's format_description.txt
/// **Start at** {@link io.tidemark.collector.remotewrite.RemoteWriteDecoder}
@NullMarked
package io.tidemark.collector.remotewrite;

import org.jspecify.annotations.NullMarked;
