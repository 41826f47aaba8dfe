package cube

// MirrorInstallers are the tools whose downloads are copies for a mirror and not
// installs, unless somebody lists others: those that announce themselves as one, by
// the names under which PyPI's log has them as installer.
var MirrorInstallers = []string{
	"Artifactory",    // JFrog's repository manager
	"bandersnatch",   // PEP 381 mirrors, the Python Packaging Authority's
	"devpi",          // devpi-server, a caching index
	"Nexus",          // Sonatype's repository manager
	"pep381client",   // and its proxy, of the first PEP 381 mirrors
	"z3c.pypimirror", // Zope's
}

// WithoutMirrors is the slice without the downloads of mirroring tools: of the ones
// named, or of MirrorInstallers.
func (s Slice) WithoutMirrors(tools ...string) Slice {
	if len(tools) == 0 {
		tools = MirrorInstallers
	}
	return s.Without(Installer, tools...)
}

// People is the slice without what is known not to be one: mirrors, as
// WithoutMirrors has them, and what reported that it ran in continuous integration.
// What reported nothing stays, for it is as likely a person as any.
func (s Slice) People(mirrors ...string) Slice {
	return s.WithoutMirrors(mirrors...).Without(CI, "true")
}
