/** The panel's page: nothing but a script, under a policy that lets in nothing else. */

export interface PageParts {
  /** What the editor serves files of the extension from. */
  readonly source: string;
  /** Fresh for every page. */
  readonly nonce: string;
  readonly script: string;
}

export function panelPage({ source, nonce, script }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `img-src ${source} data:`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Explainome results</title>
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
