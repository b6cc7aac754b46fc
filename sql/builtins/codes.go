package builtins

// codesBySource collects the code of all families.
func codesBySource() map[string]*code {
	m := make(map[string]*code, 2048)
	for _, family := range [][]code{
		compareCodes(), intCodes(), intCastCodes(), floatCodes(), numericCodes(), textCodes(), textCastCodes(), likeCodes(),
		dateCodes(), timestampCodes(), intervalCodes(), timeCodes(), crossDateCodes(),
		systemCodes(), encodingCodes(), sleepCodes(), seriesCodes(), arrayCodes(), regexCodes(), formatCodes(), byteCodes(), toCharDateCodes(), toCharNumberCodes(), toTimestampCodes(), jsonCodes(), bitCodes(),
		networkCodes(), gapCodes(), randomCodes(),
		overlapsCodes(), jsonModifyCodes(), regexFindCodes(), moneyCodes(), jsonPathCodes(), enumCodes(), jsonRecordCodes(), hashCodes(), sendCodes(), snapshotCodes(), normalizeCodes(), transitionCodes(), recordCodes(),
	} {
		for i := range family {
			m[family[i].src] = &family[i]
		}
	}
	return m
}
