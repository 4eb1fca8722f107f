// A chart's numbers, as the page has them, in; a drawing by uPlot out. Colours are the page's own.
(() => {
  "use strict";
  const drawn = new Map();
  const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
  const shown = (value, unit) =>
    value == null ? "–" : `${number.format(value)}${unit ? ` ${unit}` : ""}`;

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      ink: get("ink"), quiet: get("quiet"), line: get("line"), card: get("card"), strong: get("strong"),
      flow: get("flow"), flowSoft: get("flow-soft"), rest: get("rest"), badSoft: get("bad-soft"),
      good: get("good-fill"), watch: get("watch-fill"), look: get("look-fill"), bad: get("bad-fill"),
    };
  }

  // Where there is room for it: a day's times, or days.
  function when(span) {
    const forms = span <= 2 * 86400
      ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }
      : { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
    return new Intl.DateTimeFormat("en-GB", forms);
  }
  const dayOnly = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", timeZone: "UTC",
  });

  function axes(spec, colour) {
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const tick = { stroke: colour.line, width: 1, size: 5 };
    const values = [
      [31536000, "{YYYY}", null, null, null, null, null, null, 1],
      [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
      [86400, "{D} {MMM}", null, null, null, null, null, null, 1],
      [3600, "{HH}:00", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
      [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
      [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
    ];
    return [
      {
        stroke: colour.quiet, font, grid: { show: false }, ticks: tick, values, space: 64, gap: 4, size: spec.step >= 86400 ? 26 : 42,
        ...(spec.step >= 86400 ? { incrs: [1, 2, 3, 7, 14, 30, 61, 91, 182, 365].map((days) => days * 86400) } : {}),
      },
      {
        stroke: colour.quiet, font, ticks: { show: false }, gap: 6, space: 36,
        grid: { stroke: colour.line, width: 1 },
        values: (_, splits) => splits.map((value) => (Math.abs(value) >= 10000 ? short : number).format(value)),
        size: (_, texts) => Math.max(34, 12 + 7 * Math.max(0, ...(texts || []).map((text) => text.length))),
      },
    ];
  }

  function seriesOf(spec, colour) {
    return spec.series.map((each) => {
      const tone = colour[each.tone] || colour.flow;
      const base = { label: each.label, points: { show: false }, spanGaps: false };
      if (each.as === "edge") return { ...base, stroke: "transparent", width: 0 };
      if (each.as === "mark") {
        return { ...base, stroke: tone, width: 0, paths: () => null, points: { show: true, size: 6, fill: tone, stroke: colour.card, width: 1 } };
      }
      if (spec.kind === "bars") {
        return { ...base, fill: tone, stroke: tone, width: 0, paths: window.uPlot.paths.bars({ size: [0.8, 60], align: spec.align || 0 }) };
      }
      const few = spec.x.length <= 40;
      return { ...base, stroke: tone, width: 2, points: { show: few, size: 6, fill: tone, stroke: tone }, dash: each.dash };
    });
  }

  // Limits as dashed lines with what lies beyond them tinted; times without readings hatched.
  function backdrop(spec, colour) {
    return (plot) => {
      const { ctx } = plot;
      const { left, top, width, height } = plot.bbox;
      const ratio = window.devicePixelRatio || 1;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, width, height);
      ctx.clip();
      const { low, high } = spec.limits || {};
      for (const [limit, isHigh] of [[low, false], [high, true]]) {
        if (limit == null) continue;
        const y = plot.valToPos(limit, "y", true);
        ctx.fillStyle = colour.badSoft;
        if (isHigh && y > top) ctx.fillRect(left, top, width, Math.min(y, top + height) - top);
        if (!isHigh && y < top + height) ctx.fillRect(left, Math.max(y, top), width, top + height - Math.max(y, top));
        if (y < top || y > top + height) continue;
        ctx.strokeStyle = colour.bad;
        ctx.lineWidth = 1.2 * ratio;
        ctx.setLineDash([5 * ratio, 4 * ratio]);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + width, y);
        ctx.stroke();
        ctx.setLineDash([]);
        ctx.fillStyle = colour.bad;
        ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
        ctx.textAlign = "left";
        ctx.textBaseline = isHigh ? "bottom" : "top";
        ctx.fillText(`${isHigh ? "at most" : "at least"} ${shown(limit, spec.unit)}`, left + 6 * ratio, y + (isHigh ? -3 : 3) * ratio);
      }
      for (const [from, to] of spec.gaps || []) {
        const begin = Math.max(left, plot.valToPos(from, "x", true));
        const end = Math.min(left + width, plot.valToPos(to, "x", true));
        if (end - begin < 2) continue;
        ctx.save();
        ctx.beginPath();
        ctx.rect(begin, top, end - begin, height);
        ctx.clip();
        ctx.strokeStyle = colour.line;
        ctx.lineWidth = 1.5 * ratio;
        ctx.beginPath();
        for (let x = begin - height; x < end; x += 8 * ratio) {
          ctx.moveTo(x, top + height);
          ctx.lineTo(x + height, top);
        }
        ctx.stroke();
        ctx.restore();
      }
      for (const { x, label } of spec.at || []) {
        const at = plot.valToPos(x, "x", true);
        ctx.strokeStyle = colour.ink;
        ctx.lineWidth = 1 * ratio;
        ctx.beginPath();
        ctx.moveTo(at, top);
        ctx.lineTo(at, top + height);
        ctx.stroke();
        ctx.fillStyle = colour.ink;
        ctx.font = `600 ${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
        const room = left + width - at;
        ctx.textAlign = room < 90 * ratio ? "right" : "left";
        ctx.textBaseline = "top";
        ctx.fillText(label, at + (room < 90 * ratio ? -4 : 4) * ratio, top + 3 * ratio);
      }
      ctx.restore();
    };
  }

  // The y axis: what was read, and a limit if it is near enough to matter.
  function rangeOf(spec) {
    return (_, least, greatest) => {
      if (least == null) return [0, 1];
      if (spec.kind === "bars") return [0, greatest > 0 ? greatest * 1.08 : 1];
      if (spec.is_charge) return [0, 100];
      if (spec.is_share) return [Math.max(0, Math.min(least - 2, 90)), 100];
      const span = greatest - least || Math.abs(greatest) * 0.1 || 1;
      const { low, high } = spec.limits || {};
      if (high != null && high - greatest < span * 1.5) greatest = Math.max(greatest, high);
      if (low != null && least - low < span * 1.5) least = Math.min(least, low);
      const pad = (greatest - least || span) * 0.08;
      return [least - pad, greatest + pad];
    };
  }

  function readout(spec, place, at) {
    if (at == null) {
      place.replaceChildren(" ");
      return;
    }
    const span = spec.x[spec.x.length - 1] - spec.x[0];
    const time = document.createElement("b");
    const begin = new Date(spec.x[at] * 1000);
    time.textContent = spec.step >= 86400 ? dayOnly.format(begin) : when(span).format(begin);
    const parts = [time];
    for (const each of spec.series) {
      if (each.as === "mark" && each.values[at] == null) continue;
      const part = document.createElement("span");
      if (each.as === "mark") part.className = "bad";
      const unit = each.unit === undefined ? spec.unit : each.unit;
      const said = each.said ? each.said[at] : null;
      part.textContent = said || `${each.label} ${shown(each.values[at], unit)}`;
      parts.push(part);
    }
    place.replaceChildren(...parts.flatMap((part, index) => (index ? [" · ", part] : [part])));
  }

  function drawOne(figure) {
    const place = figure.querySelector(".plot");
    const told = figure.querySelector("script[type='application/json']");
    if (!place || !told) return;
    const spec = JSON.parse(told.textContent);
    const colour = colours();
    const said = figure.querySelector(".readout");
    place.replaceChildren();
    const low = spec.series.findIndex((each) => each.as === "edge");
    const bands = low < 0 ? [] : [{ series: [low + 2, low + 1], fill: colour.flowSoft }];
    const pad = spec.kind === "bars" ? spec.step / 2 : 0;
    const [from, to] = spec.range || [spec.x[0] - pad, spec.x[spec.x.length - 1] + pad];
    const options = {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false }, points: { size: 7, show: (_, i) => spec.series[i - 1].as !== "edge" } },
      scales: { x: { time: true, range: (_, a, b) => (a <= spec.x[0] && b >= spec.x[spec.x.length - 1] ? [from, to === from ? to + 1 : to] : [a, b]) }, y: { range: rangeOf(spec) } },
      axes: axes(spec, colour),
      series: [{}, ...seriesOf(spec, colour)],
      bands,
      // A day is UTC's own; all else is shown in the viewer's zone.
      tzDate: spec.step >= 86400 ? (ts) => window.uPlot.tzDate(new Date(ts * 1000), "Etc/UTC") : (ts) => new Date(ts * 1000),
      hooks: {
        drawClear: [backdrop(spec, colour)],
        setCursor: [(plot) => readout(spec, said, plot.cursor.idx)],
      },
    };
    const plot = new window.uPlot(options, [spec.x, ...spec.series.map((each) => each.values)], place);
    drawn.set(figure, plot);
  }

  function draw(within) {
    for (const [figure, plot] of drawn) {
      if (!figure.isConnected || within.contains(figure)) {
        plot.destroy();
        drawn.delete(figure);
      }
    }
    within.querySelectorAll("figure[data-chart]").forEach(drawOne);
  }

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const [figure, plot] of drawn) {
        const place = figure.querySelector(".plot");
        plot.setSize({ width: place.clientWidth, height: place.clientHeight });
      }
    }, 100);
  });
  window.iotCharts = { draw };
})();
