// What is coloured: YAML with Helm's template actions between it, GitHub's expressions, Dockerfiles.
// A tokenizer by lines is enough for that, answers within the keystroke, and does not trip over a
// template that is no YAML before it is rendered.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';

const ACTION_WORDS = /^(?:if|else|end|range|with|define|template|block|break|continue|and|or|not|eq|ne|lt|le|gt|ge|include|required|default|toYaml|nindent|indent|quote)\b/;
const KEY = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\w./$-]+)(?=\s*:(?:\s|$))/;
const CONSTANT = /^(?:true|false|null|~|-?\d[\d_]*(?:\.\d+)?)(?=\s*(?:$|[,\]}]|\s#))/i;

/** Within `{{ … }}` or `${{ … }}`. */
function action(stream, state) {
  if (state.comment) {
    if (stream.skipTo('*/')) {
      stream.match('*/');
      state.comment = false;
    } else stream.skipToEnd();
    return 'comment';
  }
  if (stream.match(/^-?\}\}/)) {
    state.action = false;
    return 'actionEdge';
  }
  if (stream.match('/*')) {
    state.comment = true;
    return 'comment';
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^`[^`]*`?/)) return 'actionText';
  if (stream.match(ACTION_WORDS)) return 'actionWord';
  if (stream.match(/^[\w.$]+/) || stream.next()) return 'action';
  return null;
}

function token(stream, state) {
  if (stream.sol()) {
    state.quote = '';
    state.atKey = true;
    if (state.block >= 0 && stream.indentation() <= state.block && !/^\s*$/.test(stream.string)) state.block = -1;
  }
  if (state.action) return action(stream, state);
  if (stream.match(/^\$?\{\{-?/)) {
    state.action = true;
    state.atKey = false;
    return 'actionEdge';
  }
  if (stream.eatSpace()) return null;
  const column = stream.column();
  if (state.block >= 0) {
    stream.next();
    stream.eatWhile(/[^{$]/);
    return 'text';
  }
  const before = stream.string[column - 1];
  if (stream.peek() === '#' && !state.quote && (column === 0 || /\s/.test(before))) {
    stream.skipToEnd();
    return 'comment';
  }
  if (state.atKey) {
    if (stream.match(/^-(?=\s|$)/) || stream.match(/^---/)) return 'mark';
    if (stream.match(KEY)) {
      state.atKey = false;
      return 'key';
    }
    if (stream.match(/^[A-Z]+(?=\s)/)) {
      state.atKey = false;
      return 'key';
    }
  }
  state.atKey = false;
  if (!state.quote && stream.match(/^[|>][+-]?\d?\s*$/)) {
    state.block = stream.indentation();
    return 'mark';
  }
  if (!state.quote && stream.match(CONSTANT)) return 'constant';
  if (!state.quote && stream.match(/^[[\]{},:]/)) {
    state.atKey = /[{,]/.test(stream.current());
    return 'mark';
  }
  const next = stream.next();
  if (next === state.quote) state.quote = '';
  else if (!state.quote && /["']/.test(next) && (column === 0 || /[\s[{,:]/.test(before))) state.quote = next;
  stream.eatWhile(/[^\s"'{$,\]}:]/);
  return 'text';
}

const language = StreamLanguage.define({
  name: 'manifest',
  startState: () => ({ action: false, comment: false, block: -1, quote: '', atKey: true }),
  copyState: (state) => ({ ...state }),
  token,
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['(', '[', '{', '"', "'"] } },
  tokenTable: {
    key: tags.propertyName,
    text: tags.string,
    constant: tags.literal,
    mark: tags.punctuation,
    action: tags.macroName,
    actionEdge: tags.brace,
    actionWord: tags.keyword,
    actionText: tags.special(tags.string),
  },
});

// Paper and ink: weight and faintness, no colours. Those belong to commits.
const inks = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--ink-faint)' },
  { tag: tags.propertyName, fontWeight: '600' },
  { tag: tags.punctuation, color: 'var(--ink-faint)' },
  { tag: [tags.macroName, tags.special(tags.string)], color: 'var(--ink-soft)' },
  { tag: tags.brace, color: 'var(--ink-faint)' },
  { tag: tags.keyword, color: 'var(--ink-soft)', fontWeight: '600' },
]);

export const highlighting = [language, syntaxHighlighting(inks)];
