// The PromQL editor: CodeMirror with Prometheus' own grammar, completion and checks. Loaded lazily, it is most of the page's weight.

import {
  autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, selectedCompletion, startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';

export interface Editor {
  setText(text: string): void;
  focus(): void;
  /** Underlines the place an error of the server points at; undefined removes the line. */
  mark(place: { from: number; to: number; message: string } | undefined): void;
  destroy(): void;
}

export interface EditorOptions {
  text: string;
  label: string;
  hint: string;
  onChange(text: string): void;
  onExecute(): void;
}

// Class names instead of colours: the themes live in style.css.
const highlighting = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.function(tags.variableName), class: 'tok-function' },
    { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], class: 'tok-keyword' },
    { tag: tags.labelName, class: 'tok-label' },
    { tag: tags.string, class: 'tok-string' },
    { tag: tags.number, class: 'tok-number' },
    { tag: [tags.comment, tags.lineComment], class: 'tok-comment' },
    { tag: tags.invalid, class: 'tok-invalid' },
  ]),
);

export function createEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const promql = new PromQLExtension().setComplete({
    // Completion is a convenience: when the server cannot list names, typing goes on without them.
    remote: { url: '', httpMethod: 'GET', httpErrorHandler: () => undefined, cache: { maxAge: 60_000 } },
  });
  const execute = (view: EditorView) => {
    closeCompletion(view);
    options.onExecute();
    return true;
  };
  // Enter on a completion that is already typed in full has nothing to add: run the query at once.
  const executeComplete = (view: EditorView) => {
    const label = selectedCompletion(view.state)?.label;
    const { head } = view.state.selection.main;
    if (label === undefined || head < label.length || view.state.sliceDoc(head - label.length, head) !== label) return false;
    if (/[\w:]/.test(view.state.sliceDoc(head - label.length - 1, head - label.length))) return false;
    return execute(view);
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        promql.asExtension(),
        highlighting,
        history(),
        bracketMatching(),
        closeBrackets(),
        Prec.highest(keymap.of([{ key: 'Enter', run: executeComplete }])),
        // Completion binds its own keys above these: Enter takes the selected completion while the list is open.
        autocompletion({ maxRenderedOptions: 200, icons: false }),
        EditorView.lineWrapping,
        placeholder(options.hint),
        EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false', autocapitalize: 'off' }),
        Prec.high(
          keymap.of([
            { key: 'Enter', run: execute },
            { key: 'Mod-Enter', run: execute },
            { key: 'Shift-Enter', run: insertNewlineAndIndent },
            { key: 'Ctrl-Space', run: startCompletion },
          ]),
        ),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(text) {
      if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus: () => view.focus(),
    mark(place) {
      const length = view.state.doc.length;
      const found = place && place.from <= length
        ? [{ from: place.from, to: Math.min(Math.max(place.to, place.from), length), severity: 'error' as const, message: place.message }]
        : [];
      view.dispatch(setDiagnostics(view.state, found));
    },
    destroy() {
      promql.destroy();
      view.destroy();
    },
  };
}
