/// Go's `text/template` language with the functions of Prometheus and Alertmanager.
///
/// **Purpose** expand annotations, rule labels and notification texts exactly as people's existing templates expect.
/// **Invariants** parsing and rendering are bounded in text, steps, depth and output; values print as Go prints them.
/// **Threading** a parsed template and its functions are immutable, any thread; one rendering stays on its caller's thread.
/// **Plane** control. **Formats** none; syntax of https://pkg.go.dev/text/template
/// **Start at** {@link io.tidemark.template.Template}
@NullMarked
package io.tidemark.template;

import org.jspecify.annotations.NullMarked;
