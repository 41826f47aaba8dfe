// Package config is what the commands of ingest are told and what they tell: the
// configuration with its bounds, the progress, and the summary of a load.
package config
