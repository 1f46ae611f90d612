import * as vscode from 'vscode';

/** What a text means: a value, or why it has none. */
export type Parsed = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string };

export interface ValueQuestion {
  readonly title: string;
  readonly prompt: string;
  /** Stands in the box at first, selected. */
  readonly current: string | undefined;
  readonly parse: (text: string) => Parsed;
  /** Said while typing: what this value would do. */
  readonly effect: (value: number) => vscode.InputBoxValidationMessage;
}

/** Asks for a value with its unit, checked as it is typed. Undefined when the user cancels. */
export async function askValue({ title, prompt, current, parse, effect }: ValueQuestion): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    ...(current === undefined ? {} : { value: current }),
    // A look at another window must not throw away what was typed.
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const parsed = parse(typed);
      return parsed.ok
        ? effect(parsed.value)
        : { message: parsed.message, severity: vscode.InputBoxValidationSeverity.Error };
    },
  });
  if (text === undefined) return undefined;
  const parsed = parse(text);
  return parsed.ok ? parsed.value : undefined;
}
