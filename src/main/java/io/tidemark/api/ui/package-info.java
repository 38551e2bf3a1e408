/// The user interface's files, served from the jar.
///
/// **Purpose** pages, scripts and styles with a strict content security policy.
/// **Invariants** only files of the web root are ever served.
/// **Threading** event loops; see each class. **Plane** control.
/// **Formats** JSON  **Start at** {@link io.tidemark.api.ui.UiRoutes}
@NullMarked
package io.tidemark.api.ui;

import org.jspecify.annotations.NullMarked;
