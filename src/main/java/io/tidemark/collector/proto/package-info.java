/// Protobuf as it comes over the wire, for every protocol that uses it.
///
/// **Purpose** read fields in place, without generated classes and without an object a message.
/// **Invariants** no recursion; no memory taken by a length that was read; damage is `BAD_DATA` and names the byte.
/// **Threading** owned by one loop. **Plane** data.
/// **Formats** https://protobuf.dev/programming-guides/encoding/  **Start at** {@link io.tidemark.collector.proto.ProtoReader}
@NullMarked
package io.tidemark.collector.proto;

import org.jspecify.annotations.NullMarked;
