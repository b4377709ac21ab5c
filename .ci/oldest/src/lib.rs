//! Builds or does not: see the manifest.

use throughline as _;
