"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const board = document.getElementById("board");
  const detail = document.getElementById("detail");
  const KINDS = ["compatible", "undecided", "incompatible"];
  const SYMBOLS = { compatible: "✓", undecided: "?", incompatible: "×" };
  const groups = data.groups;
  const count = groups.length;
  const LEAST = 17;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  let chosen = [0, 0];
  let edges = [];
  let corner = { x: 0, y: 0 };
  let tally = 6;
  let ring = [];
  let drawnFor = 0;

  const svg = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const html = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  // No name turns the line around it.
  const isolated = (text) => `\u2066${text}\u2069`;
  const number = (value) => value.toLocaleString("en");
  const share = (part, whole) => {
    if (part === 0) return "0 %";
    if (part === whole) return "100 %";
    const text = ((100 * part) / whole).toFixed(1);
    return text === "0.0" ? "<0.1 %" : text === "100.0" ? ">99.9 %" : `${text} %`;
  };
  const fitting = (text, width) => {
    if (pen.measureText(text).width <= width) return text;
    let kept = text.length;
    let cut = text;
    while (kept > 1 && pen.measureText(cut).width > width) {
      kept -= 1;
      const end = Math.floor(kept * 0.4);
      cut = `${text.slice(0, kept - end)}…${text.slice(text.length - end)}`;
    }
    return cut;
  };
  const widest = (texts) => Math.max(...texts.map((text) => pen.measureText(text).width));

  // In proportion to the devices, but none below the least.
  const sizes = (weights, whole) => {
    if (LEAST * weights.length >= whole) return weights.map(() => LEAST);
    const small = new Set();
    for (;;) {
      const left = whole - LEAST * small.size;
      const weight = weights.reduce((sum, one, at) => (small.has(at) ? sum : sum + one), 0);
      const before = small.size;
      weights.forEach((one, at) => {
        if (one * left < LEAST * weight) small.add(at);
      });
      if (small.size === before) {
        return weights.map((one, at) => (small.has(at) ? LEAST : (one * left) / weight));
      }
    }
  };

  const parts = (row, column) => {
    const pairs = groups[row].devices * groups[column].devices;
    const [compatible, undecided] = data.cells[row][column];
    return { pairs, compatible, undecided, incompatible: pairs - compatible - undecided };
  };
  const sums = (cell) =>
    KINDS.filter((kind) => cell[kind] > 0).map((kind) => `${share(cell[kind], cell.pairs)} ${kind}`).join(", ");
  const label = (row, column) =>
    `${isolated(groups[row].label)} to ${isolated(groups[column].label)}: ${sums(parts(row, column))}`;

  const drawCell = (row, column) => {
    const cell = parts(row, column);
    const there = KINDS.filter((kind) => cell[kind] > 0);
    const made = svg("g", {
      class: "cell", role: "gridcell", tabindex: "-1", "data-row": row, "data-column": column,
      "aria-label": label(row, column),
    });
    const height = edges[row + 1] - edges[row] - 1;
    const width = edges[column + 1] - edges[column] - 1;
    const top = corner.y + edges[row] + 0.5;
    let left = corner.x + edges[column] + 0.5;
    const middle = { x: left + width / 2, y: top + height / 2 };
    const seen = there.map((kind) => Math.max((width * cell[kind]) / cell.pairs, 1.5));
    const scale = width / seen.reduce((sum, one) => sum + one, 0);
    there.forEach((kind, at) => {
      const area = { x: left, y: top, width: seen[at] * scale, height };
      made.append(svg("rect", { ...area, class: kind }));
      if (kind === "undecided") made.append(svg("rect", { ...area, class: "lines" }));
      left += seen[at] * scale;
    });
    if (there.length === 1) {
      const kind = there[0];
      if (kind === "undecided") {
        made.append(svg("rect", { x: middle.x - 5, y: middle.y - 7, width: 10, height: 14, class: kind }));
      }
      const place = { x: middle.x, y: middle.y + 4.5, class: `mark on-${kind}` };
      made.append(svg("text", place, SYMBOLS[kind]));
    } else if (cell.compatible > 0 && width >= 46 && height >= 16) {
      const plate = { x: middle.x - 20, y: middle.y - 7.5, width: 40, height: 15, class: "plate" };
      made.append(svg("rect", plate));
      const place = { x: middle.x, y: middle.y + 4, class: "mark on-plate" };
      made.append(svg("text", place, share(cell.compatible, cell.pairs)));
    }
    return made;
  };

  const drawLabels = (picture, names, briefs) => {
    groups.forEach((group, at) => {
      const middle = (edges[at] + edges[at + 1]) / 2;
      const y = corner.y + middle + 4;
      const x = corner.x + middle + 4;
      const row = svg("text", { x: corner.x - tally, y, class: "name" }, isolated(names[at]));
      row.append(svg("title", {}, group.label));
      picture.append(row);
      if (tally > 6) {
        picture.append(svg("text", { x: corner.x - 6, y, class: "name count" }, number(group.devices)));
      }
      const turn = `rotate(-90 ${x} ${corner.y - 6})`;
      const column = svg("text", { x, y: corner.y - 6, transform: turn }, isolated(briefs[at]));
      column.append(svg("title", {}, group.label));
      picture.append(column);
    });
    const axis = { y: corner.y - 8, class: "name axis" };
    picture.append(svg("text", { ...axis, x: corner.x - tally }, "source"));
    if (tally > 6) picture.append(svg("text", { ...axis, x: corner.x - 6 }, "devices"));
    picture.append(svg("text", { x: corner.x, y: 13, class: "axis" }, "target →"));
  };

  const draw = () => {
    const width = board.clientWidth;
    drawnFor = width;
    // A narrow page leaves the numbers of devices to the table below.
    const tallies = [...groups.map((group) => number(group.devices)), "devices "];
    tally = width < 560 ? 6 : Math.ceil(widest(tallies)) + 16;
    const most = Math.min(230, width * 0.36 - tally + 6);
    const names = groups.map((group) => fitting(group.label, most));
    const briefs = groups.map((group) => fitting(group.brief, 130));
    corner = { x: Math.ceil(widest([...names, "source"])) + tally + 4, y: Math.ceil(widest(briefs)) + 30 };
    const side = Math.max(Math.min(width - corner.x - 3, 860), LEAST * count);
    edges = [0];
    for (const one of sizes(groups.map((group) => group.devices), side)) edges.push(edges.at(-1) + one);
    const whole = { width: corner.x + side + 3, height: corner.y + side + 3 };
    const picture = svg("svg", {
      ...whole, viewBox: `0 0 ${whole.width} ${whole.height}`, role: "grid",
      "aria-label": "Sources by targets", "aria-rowcount": count, "aria-colcount": count,
    });
    const lines = svg("pattern", {
      id: "lines", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    });
    lines.append(svg("line", { x1: 0, y1: 0, x2: 0, y2: 5, class: "stroke" }));
    const definitions = svg("defs", {});
    definitions.append(lines);
    picture.append(definitions);
    drawLabels(picture, names, briefs);
    for (let row = 0; row < count; row += 1) {
      const line = svg("g", { role: "row" });
      for (let column = 0; column < count; column += 1) line.append(drawCell(row, column));
      picture.append(line);
    }
    for (const block of data.blocks) {
      const start = edges[block.first];
      const size = edges[block.first + block.size] - start;
      const place = { x: corner.x + start, y: corner.y + start, width: size, height: size };
      picture.append(svg("rect", { ...place, class: block.complete ? "block" : "block partly" }));
    }
    ring = ["halo", "ring"].map((name) => svg("rect", { class: name, visibility: "hidden" }));
    picture.append(...ring);
    board.replaceChildren(picture);
    cellAt(...chosen).setAttribute("tabindex", "0");
  };

  const cellAt = (row, column) =>
    board.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  const placeOf = (event) => {
    const cell = event.target.closest?.(".cell");
    return cell && [Number(cell.dataset.row), Number(cell.dataset.column)];
  };

  const show = (row, column) => {
    const cell = parts(row, column);
    const place = { x: corner.x + edges[column], y: corner.y + edges[row] };
    const size = { width: edges[column + 1] - edges[column], height: edges[row + 1] - edges[row] };
    for (const [key, value] of Object.entries({ ...place, ...size, visibility: "visible" })) {
      for (const one of ring) one.setAttribute(key, value);
    }
    const found = [
      html("h2", `${isolated(groups[row].label)} → ${isolated(groups[column].label)}`),
      html("p", `${number(cell.pairs)} pairs: ${sums(cell)}`),
    ];
    const reason = data.reasons[`${row} ${column}`];
    if (reason) {
      found.push(html("p", `${isolated(reason.source)} → ${isolated(reason.target)} is ${reason.verdict}:`));
      const list = document.createElement("ul");
      list.append(...reason.lines.map((line) => html("li", isolated(line))));
      found.push(list);
      if (reason.near.length) found.push(html("p", "It would be compatible with:"));
      const near = document.createElement("ul");
      near.append(...reason.near.map((line) => html("li", isolated(line))));
      if (reason.near.length) found.push(near);
    } else if (cell.compatible < cell.pairs) {
      found.push(html("p", `Not explained: only the ${data.explained} cells with the most refused pairs are.`));
    }
    detail.replaceChildren(...found);
  };

  const choose = (row, column) => {
    cellAt(...chosen).setAttribute("tabindex", "-1");
    chosen = [row, column];
    cellAt(row, column).setAttribute("tabindex", "0");
    show(row, column);
  };

  const STEPS = {
    ArrowUp: ([row, column]) => [row - 1, column],
    ArrowDown: ([row, column]) => [row + 1, column],
    ArrowLeft: ([row, column]) => [row, column - 1],
    ArrowRight: ([row, column]) => [row, column + 1],
    Home: ([row]) => [row, 0],
    End: ([row]) => [row, count - 1],
    PageUp: ([, column]) => [0, column],
    PageDown: ([, column]) => [count - 1, column],
  };
  board.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const inside = (at) => Math.min(Math.max(at, 0), count - 1);
    cellAt(...step(chosen).map(inside)).focus();
  });
  board.addEventListener("focusin", (event) => {
    const place = placeOf(event);
    if (place) choose(...place);
  });
  board.addEventListener("pointerover", (event) => {
    const place = placeOf(event);
    if (place) show(...place);
  });
  board.addEventListener("pointerleave", () => {
    if (board.contains(document.activeElement)) show(...chosen);
  });
  board.addEventListener("click", (event) => {
    const place = placeOf(event);
    if (place) cellAt(...place).focus();
  });
  draw();
  new ResizeObserver(() => {
    if (board.clientWidth === drawnFor) return;
    const held = board.contains(document.activeElement);
    draw();
    if (held) cellAt(...chosen).focus();
  }).observe(board);
})();
