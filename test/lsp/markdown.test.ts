import { expect, it } from 'vitest';
import { image, plainText, table } from '../../server/src/lsp/markdown.js';

it('leaves no markup in names that come from files', () => {
  const hostile = 'chr1|<img src=x> [a](command:b) `c` *d*\n# e &lt;';
  const shown = plainText(hostile);
  expect(shown).not.toMatch(/[<>\n]/);
  expect(shown).toBe('chr1\\|&#60;img src=x&#62; \\[a\\]\\(command:b\\) \\`c\\` \\*d\\* \\# e &#38;lt;');
  expect(table(['a', 'b'], [[plainText('x|y'), '1']])).toBe('| a&emsp; | b |\n| --- | --- |\n| x\\|y&emsp; | 1 |');
  expect(image('data:x', 'a" onerror="b')).toBe('<img src="data:x" alt="a&#34; onerror=&#34;b">');
});
