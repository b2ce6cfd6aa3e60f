import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

type HtmlExtension = ReturnType<typeof gfmHtml>;

// Pages as a Git host shows them: a real Markdown renderer that lets HTML through, for a real browser.

/** Markdown to HTML, with nothing taken out of it that a host might leave in. */
export function toHtml(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [withoutFilter(gfmHtml())],
  });
}

/** Hosts make scripts and the like harmless in another step; here they are to be seen. */
function withoutFilter({ exit, ...extension }: HtmlExtension): HtmlExtension {
  const { htmlFlowData, htmlTextData, ...others } = exit ?? {};
  return { ...extension, exit: others };
}

/** Roughly what Git hosts do with the elements that pages use. */
export const STYLE = `
  body { font: 16px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; color: #1f2328; max-width: 980px; margin: 32px auto; padding: 0 32px; }
  h1, h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; margin: 24px 0 16px; line-height: 1.25; }
  h1 { font-size: 2em; } h2 { font-size: 1.5em; }
  table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; margin-bottom: 16px; }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; }
  tr:nth-child(2n) { background: #f6f8fa; }
  code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font-size: 85%; }
  pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow: auto; line-height: 1.45; }
  pre code { background: none; padding: 0; font-family: "DejaVu Sans Mono", monospace; }
  blockquote { border-left: .25em solid #d1d9e0; margin: 0 0 16px; padding: 0 1em; } .caution { border-color: #cf222e; } .caution b:first-child { color: #cf222e; }
  a { color: #0969da; text-decoration: none; }
  .add { background: #dafbe1; display: block; } .del { background: #ffebe9; display: block; } .hunk { color: #6639ba; display: block; } .same { display: block; }
`;
