/** The panel's page: nothing but a script and the icon font, under a policy that lets in nothing else. */

export interface PageParts {
  /** What the editor serves files of the extension from. */
  readonly source: string;
  /** Fresh for every page. */
  readonly nonce: string;
  readonly script: string;
  /** Stylesheet of the icon font, which the controls look for by its id. */
  readonly icons: string;
}

export function panelPage({ source, nonce, script, icons }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `img-src ${source} data:`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `font-src ${source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Explainome results</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" nonce="${nonce}" href="${icons}">
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
