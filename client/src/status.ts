/** The language status item, and the context key by which menus know that something runs. */
import { commands, languages, LanguageStatusSeverity, window, workspace } from 'vscode';
import type { Status } from './describe-status.js';
import { describeStatus } from './describe-status.js';
import type { Server } from './server.js';
import type { Views } from './views.js';

const SEVERITIES: Record<Status['severity'], LanguageStatusSeverity> = {
  information: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
};

export function showStatus(server: Server, views: Views): { dispose(): unknown }[] {
  const item = languages.createLanguageStatusItem('explainome.status', { language: 'xome' });
  item.name = 'Explainome';
  const update = (): void => {
    const uri = window.activeTextEditor?.document.uri.toString() ?? views.watched;
    const view = uri === undefined ? undefined : views.get(uri);
    const { text, detail, severity, busy, command } = describeStatus(server.state, workspace.isTrusted, view);
    item.text = text;
    item.detail = detail ?? '';
    item.severity = SEVERITIES[severity];
    item.busy = busy;
    item.command = command;
    void commands.executeCommand('setContext', 'explainome.running', view?.running ?? false);
  };
  update();
  return [
    item,
    server.onDidChangeState(update),
    views.onDidChange(update),
    window.onDidChangeActiveTextEditor(update),
    workspace.onDidGrantWorkspaceTrust(update),
  ];
}
