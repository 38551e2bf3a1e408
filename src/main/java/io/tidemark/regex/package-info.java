/// Regular expressions of matchers and label functions: RE2 syntax, linear time, whole-text matches.
///
/// **Purpose** one place that decides what a pattern means and how fast it runs.
/// **Invariants** matching takes time linear in the text; patterns above a size limit are refused.
/// **Threading** immutable, any thread. **Plane** control. **Formats** none  **Start at** {@link io.tidemark.regex.Regex}
@NullMarked
package io.tidemark.regex;

import org.jspecify.annotations.NullMarked;
