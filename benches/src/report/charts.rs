//! Cost against numbers of storages and depths, ours and the neighbours'; requests per second.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::RGBColor;
use throughline_benches::{FoundRow, Under, Who};

use super::Report;
use super::servers::Server;
use crate::Outcome;

/// A chart that was drawn.
pub(super) struct Drawn {
    pub(super) title: String,
    pub(super) file: String,
}

struct Chart<'a> {
    title: &'a str,
    across: &'a str,
    up: &'a str,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    colour: RGBColor,
    is_ours: bool,
    points: Vec<(f64, f64)>,
}

/// Question, row, by depth, title.
const CHARTS: [(&str, &str, bool, &str); 7] = [
    ("read", "read", false, "A read"),
    (
        "read",
        "read",
        true,
        "A read of the outermost, under nested scopes",
    ),
    ("run", "run", false, "A closure with a store set"),
    ("poll", "poll of a future that inherits", false, "A poll"),
    ("capture", "capture and drop", false, "A capture"),
    (
        "capture",
        "run, captured past its scope",
        false,
        "A scope that is captured and left",
    ),
    ("spawn", "spawn a task that inherits", false, "A spawned task"),
];

pub(super) fn draw(report: &Report, directory: &Path) -> Outcome<Vec<Drawn>> {
    let mut drawn = Vec::new();
    for (question, what, by_depth, title) in CHARTS {
        let Some(found) = report.question(question) else {
            continue;
        };
        let rows: Vec<&FoundRow> = found.rows.iter().filter(|found| found.row.what == what).collect();
        let across = if by_depth {
            "nested scopes"
        } else {
            "other storages set"
        };
        let lines = lines(&rows, by_depth);
        let file = format!("{}.svg", title.to_lowercase().replace(',', "").replace(' ', "-"));
        let chart = Chart {
            title,
            across,
            up: "nanoseconds",
            lines,
        };
        if chart.draw(&directory.join(&file))? {
            drawn.push(Drawn {
                title: title.to_owned(),
                file,
            });
        }
    }
    let title = "Requests per second, in parts of the same server without context";
    let chart = Chart {
        title,
        across: "storages",
        up: "ratio",
        lines: servers(&report.servers),
    };
    let file = "requests-per-second.svg".to_owned();
    if chart.draw_servers(&directory.join(&file))? {
        drawn.push(Drawn {
            title: title.to_owned(),
            file,
        });
    }
    Ok(drawn)
}

fn lines(rows: &[&FoundRow], by_depth: bool) -> Vec<Line> {
    let line = |who: Who| {
        let points = rows.iter().filter_map(|found| {
            let x = match (found.row.under, by_depth) {
                (Under::Live(live), false) => live,
                (Under::Depth(depth), true) => depth,
                _ => return None,
            };
            // On a scale of powers there is no nothing.
            Some((x as f64, found.of(who)?.time?.median.max(0.05)))
        });
        Line {
            name: who.name().to_owned(),
            colour: colour(Who::ALL.iter().position(|&it| it == who).unwrap_or(0)),
            is_ours: who == Who::Ours,
            points: points.collect(),
        }
    };
    Who::ALL
        .iter()
        .map(|&who| line(who))
        .filter(|line| line.points.len() > 1)
        .collect()
}

fn servers(servers: &[Server]) -> Vec<Line> {
    let mut engines: Vec<&str> = servers.iter().map(|server| server.engine.as_str()).collect();
    engines.dedup();
    let line = |(index, engine): (usize, &&str)| {
        let of = servers.iter().filter(|server| server.engine == **engine);
        Line {
            name: (*engine).to_owned(),
            colour: colour(index),
            is_ours: index == 0,
            points: of
                .filter_map(|server| Some((server.storages? as f64, server.ratio.median)))
                .collect(),
        }
    };
    engines.iter().enumerate().map(line).collect()
}

/// To be told apart, also by who does not see all colours.
fn colour(index: usize) -> RGBColor {
    const COLOURS: [(u8, u8, u8); 11] = [
        (213, 94, 0),
        (120, 120, 120),
        (0, 114, 178),
        (86, 180, 233),
        (0, 158, 115),
        (204, 121, 167),
        (230, 159, 0),
        (0, 0, 0),
        (148, 103, 189),
        (140, 86, 75),
        (188, 189, 34),
    ];
    let (red, green, blue) = COLOURS[index % COLOURS.len()];
    RGBColor(red, green, blue)
}

const SIZE: (u32, u32) = (760, 440);

impl Chart<'_> {
    /// Both scales in powers of ten. False if there is nothing to draw.
    fn draw(&self, path: &Path) -> Outcome<bool> {
        let Some((across, up)) = self.ranges() else {
            return Ok(false);
        };
        let root = SVGBackend::new(path, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (across.0..across.1 * 1.05).log_scale(),
                (up.0 * 0.7..up.1 * 1.6).log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.across)
            .y_desc(self.up)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for line in &self.lines {
            let style = line.style();
            chart
                .draw_series(LineSeries::new(line.points.clone(), style).point_size(3))?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let legend = SeriesLabelPosition::UpperLeft;
        chart
            .configure_series_labels()
            .position(legend)
            .background_style(WHITE.mix(0.8))
            .draw()?;
        root.present()?;
        Ok(true)
    }

    /// From nothing to a little more than the bare server.
    fn draw_servers(&self, path: &Path) -> Outcome<bool> {
        let Some((across, up)) = self.ranges() else {
            return Ok(false);
        };
        let root = SVGBackend::new(path, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..across.1 + 1.0, 0.0..up.1.max(1.0) * 1.1)?;
        chart
            .configure_mesh()
            .x_desc(self.across)
            .y_desc(self.up)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for line in &self.lines {
            let style = line.style();
            chart
                .draw_series(LineSeries::new(line.points.clone(), style).point_size(3))?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let legend = SeriesLabelPosition::LowerLeft;
        chart
            .configure_series_labels()
            .position(legend)
            .background_style(WHITE.mix(0.8))
            .draw()?;
        root.present()?;
        Ok(true)
    }

    fn ranges(&self) -> Option<((f64, f64), (f64, f64))> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let range = |of: fn(&(f64, f64)) -> f64| {
            let values = points().map(of);
            values.fold((f64::MAX, f64::MIN), |(least, most), value| {
                (least.min(value), most.max(value))
            })
        };
        points().next()?;
        Some((range(|point| point.0), range(|point| point.1)))
    }
}

impl Line {
    fn style(&self) -> ShapeStyle {
        self.colour
            .stroke_width(if self.is_ours { 4 } else { 2 })
            .filled()
    }
}
