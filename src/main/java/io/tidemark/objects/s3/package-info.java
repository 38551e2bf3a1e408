/// Objects in a bucket behind any endpoint that speaks S3.
///
/// **Purpose** one attempt of each call through the vendor's client, and what its answers mean.
/// **Invariants** the client never tries again by itself; the guard does. The secret key leaves this room in signatures only.
/// **Threading** the blocking client on virtual threads of this room. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.objects.s3.S3Store}
@NullMarked
package io.tidemark.objects.s3;

import org.jspecify.annotations.NullMarked;
