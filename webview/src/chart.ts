/**
 * Charts of few marks by Observable Plot, in the colours of the theme. Plot puts a style element into each chart, which the
 * content security policy refuses; it is built in a document that shows nothing, and comes here without it.
 */
import { plot, type PlotOptions } from '@observablehq/plot';
import { describe } from './element.js';

/**
 * @param label what the chart shows, for screen readers
 * @param kind class of the stylesheet
 */
export function chart(label: string, kind: string, options: PlotOptions): SVGSVGElement {
  const workshop = document.implementation.createHTMLDocument();
  const drawn = plot({ ...options, className: 'plot', document: workshop });
  for (const style of drawn.querySelectorAll('style')) style.remove();
  const drawing = document.adoptNode(drawn);
  // A chart without legend and title is the drawing itself.
  if (!(drawing instanceof SVGSVGElement)) throw new TypeError(`“${label}” is no drawing.`);
  for (const name of ['width', 'height', 'font-size', 'font-family', 'fill', 'class']) drawing.removeAttribute(name);
  // Plot labels its groups for developers; a picture has one label.
  for (const group of drawing.querySelectorAll('g[aria-label]')) {
    group.classList.add(...(group.getAttribute('aria-label') ?? '').split(/\W+/));
    group.removeAttribute('aria-label');
  }
  describe(drawing, { class: `chart ${kind}`, role: 'img', 'aria-label': label });
  return drawing;
}
