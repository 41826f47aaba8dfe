// Package pypi reads what authors write into the metadata of their projects, by
// the rules that pip and the Python Package Index follow: names (PEP 503),
// versions and specifiers of them (PEP 440), requirements and files of them (PEP
// 508, pip), people, links to repositories. It is pure, and knows nothing of
// downloads.
package pypi
